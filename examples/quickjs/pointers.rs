//! Pointers and the memory behind them: the functions of `UnsafePointer` and `UnsafePointerView`.

use std::ffi::{CStr, c_void};
use std::ptr;

use hotcall::engine::{Engine, View};
use hotcall::{Scalar, Slot, Type};
use hotcall_engines::quickjs::{Owned, words};
use rquickjs::qjs::{self as js, JSValue};
use rquickjs::{Ctx, Function, Object, Result, Value};

use crate::host;
use crate::script::{owned, realm, script, site, to_address, to_value, type_error};

/// Adds the functions for pointers.
pub(crate) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> Result<()> {
    functions.set("pointer", Function::new(ctx.clone(), pointer)?)?;
    functions.set("address", Function::new(ctx.clone(), address)?)?;
    functions.set("addressOfBytes", Function::new(ctx.clone(), address_of_bytes)?)?;
    functions.set("offset", Function::new(ctx.clone(), offset)?)?;
    functions.set("read", Function::new(ctx.clone(), read)?)?;
    functions.set("readString", Function::new(ctx.clone(), read_string)?)?;
    functions.set("arrayBuffer", Function::new(ctx.clone(), array_buffer)?)?;
    functions.set("copyInto", Function::new(ctx.clone(), copy_into)?)
}

/// The pointer object of an address, or null.
fn pointer<'js>(ctx: Ctx<'js>, address: Value<'js>) -> Result<Value<'js>> {
    let realm = realm(&ctx);
    // SAFETY: the values are the engine's.
    unsafe {
        match realm.to_slot(site(&ctx), &Type::USIZE, words(address.as_raw())) {
            Ok(slot) => to_value(&ctx, &Type::POINTER, slot),
            Err(problem) => Err(type_error(&ctx, format!("Invalid FFI address: {problem}"))),
        }
    }
}

/// The pointer object of an address in a buffer.
fn pointer_into<'js>(ctx: &Ctx<'js>, buffer: JSValue, address: *const c_void) -> Result<Value<'js>> {
    // SAFETY: the buffer is one of the engine's, and the pointer belongs to this function.
    unsafe {
        let pointer = host::pointer_into(realm(ctx).engine(), script(ctx).as_raw().as_ptr(), buffer, address);
        owned(ctx, Owned::result(ctx.as_raw().as_ptr(), pointer))
    }
}

/// The pointer object some bytes after another one. If that leads into a buffer, so does the new one.
fn offset<'js>(ctx: Ctx<'js>, pointer: Value<'js>, offset: f64) -> Result<Value<'js>> {
    let address = to_address(&ctx, &pointer)?;
    if address.is_null() {
        return Err(type_error(&ctx, "Invalid pointer to offset, pointer is null"));
    }
    let address = address.cast::<u8>().wrapping_offset(offset as isize).cast::<c_void>();
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the pointer is an object, and the slot that of a pointer.
    unsafe {
        match realm(&ctx).engine().buffers().owners().get(context, pointer.as_raw()) {
            Some(owner) => pointer_into(&ctx, owner.value(), address),
            None => to_value(&ctx, &Type::POINTER, address.into()),
        }
    }
}

/// The address of a pointer object, or 0.
fn address<'js>(ctx: Ctx<'js>, pointer: Value<'js>) -> Result<Value<'js>> {
    let address = to_address(&ctx, &pointer)?;
    // SAFETY: the slot is that of an integer.
    unsafe { to_value(&ctx, &Type::USIZE, address.into()) }
}

/// The pointer object of the bytes of a buffer or a view.
fn address_of_bytes<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<Value<'js>> {
    let realm = realm(&ctx);
    // SAFETY: the value is the engine's, and has bytes if it has an address.
    unsafe {
        match realm.to_slot(site(&ctx), &Type::BUFFER, words(value.as_raw())) {
            Ok(slot) => {
                let context = ctx.as_raw().as_ptr();
                let buffer = host::buffer_of(realm.engine().buffers(), context, value.as_raw());
                pointer_into(&ctx, buffer.as_ref().map_or(js::JS_NULL, Owned::value), slot.as_ptr())
            }
            Err(problem) => Err(type_error(&ctx, format!("Invalid FFI buffer: {problem}"))),
        }
    }
}

/// The address some bytes after a pointer. The pointer must not be null.
fn behind(ctx: &Ctx<'_>, pointer: &Value<'_>, offset: f64, what: &str) -> Result<*mut u8> {
    let pointer = to_address(ctx, pointer)?;
    let address = pointer.cast::<u8>().wrapping_offset(offset as isize);
    // For the engine, memory at null is memory that it has to allocate.
    if pointer.is_null() || address.is_null() {
        return Err(type_error(ctx, format!("Invalid {what} pointer, pointer is null")));
    }
    Ok(address)
}

/// A scalar in memory, of the type with this name.
fn read<'js>(ctx: Ctx<'js>, pointer: Value<'js>, name: String, offset: f64) -> Result<Value<'js>> {
    let address = behind(&ctx, &pointer, offset, &name)?;
    let Some(scalar) = Scalar::named(&name) else { return Err(type_error(&ctx, format!("there is no type {name}"))) };
    let mut bytes = [0; 8];
    // SAFETY: the user who gave the permission promises that script reads only values of this type.
    unsafe {
        address.copy_to_nonoverlapping(bytes.as_mut_ptr(), scalar.size() as usize);
        let slot = Slot::from_bits(u64::from_le_bytes(bytes)).canonical(scalar);
        to_value(&ctx, &Type::from(scalar), slot)
    }
}

/// The text up to the first zero.
fn read_string<'js>(ctx: Ctx<'js>, pointer: Value<'js>, offset: f64) -> Result<String> {
    let address = behind(&ctx, &pointer, offset, "CString")?;
    // SAFETY: the user who gave the permission promises that script reads only addresses of text.
    Ok(unsafe { CStr::from_ptr(address.cast()) }.to_string_lossy().into_owned())
}

/// A buffer over the memory that a pointer leads to. If the memory belongs to a buffer, the new one keeps that buffer.
fn array_buffer<'js>(ctx: Ctx<'js>, pointer: Value<'js>, len: f64, offset: f64) -> Result<Value<'js>> {
    let address = behind(&ctx, &pointer, offset, "ArrayBuffer")?;
    let ctx = script(&ctx);
    // SAFETY: the user who gave the permission promises that script uses only memory that exists. Nothing frees it
    // through the buffer.
    unsafe {
        let context = ctx.as_raw().as_ptr();
        let buffer = js::JS_NewArrayBuffer(context, address, len as _, 0, None, ptr::null_mut(), false);
        let buffer = owned(&ctx, Owned::result(context, buffer))?;
        let realm = realm(&ctx);
        let owners = realm.engine().buffers().owners();
        if let Some(owner) = owners.get(context, pointer.as_raw()) {
            owners.set(context, buffer.as_raw(), owner.value());
        }
        Ok(buffer)
    }
}

/// Fills a buffer from memory.
fn copy_into<'js>(ctx: Ctx<'js>, pointer: Value<'js>, destination: Value<'js>, offset: f64) -> Result<()> {
    let address = behind(&ctx, &pointer, offset, "ArrayBuffer")?;
    // SAFETY: the value is the engine's.
    let view = unsafe { realm(&ctx).engine().view(site(&ctx), words(destination.as_raw())) };
    let View::Bytes { address: to, len } = view else {
        return Err(type_error(&ctx, "Invalid FFI destination, expected ArrayBuffer, or ArrayBufferView"));
    };
    // SAFETY: the user who gave the permission promises that script uses only memory that exists. The two may overlap.
    unsafe { address.copy_to(to, len) };
    Ok(())
}
