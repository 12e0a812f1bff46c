//! `ArrayBuffer`, and the methods that give a buffer's bytes away. C may work on the bytes meanwhile.
//!
//! The engine's `resize()` and `transfer()` free or move the bytes, even while C works on them. This file replaces
//! them:
//!
//! * A resizable buffer has memory for its greatest length from the start, and `resize()` leaves the bytes in place.
//! * `transfer()` and related methods give all bytes to a buffer of an equal length. For another length they copy, and
//!   the old bytes go to a buffer that script cannot reach. It lives as long as pins or pointers keep it.
//!
//! No other function takes the bytes of a living buffer away. Script cannot reach the functions that are replaced.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use rquickjs::qjs::{self as js, JSContext, JSValue};
use rquickjs::{Ctx, Error, Object, Result, Value};

use crate::engine::QuickJs;
use crate::ffi::{ffi, script};
use crate::originals::{self, METHODS, Method, SPARED, number};

/// An empty buffer that frees the memory when it is collected.
///
/// # Safety
///
/// The memory is that of a buffer that `Originals::reserve` made. This function takes it over.
unsafe fn own<'js>(ctx: &Ctx<'js>, bytes: *mut c_void) -> Result<Value<'js>> {
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the caller promises that `Originals::reserve` made the memory, and that this function takes it over.
    owned(ctx, unsafe {
        js::JS_NewArrayBuffer(context, bytes.cast(), 0, 1, Some(originals::settle), ptr::null_mut(), false)
    })
}

/// Adds the functions by which `ffi.js` replaces the engine's.
///
/// `own` is the context of `ffi.js`. The constructor belongs to script's context, `ctx`.
pub(crate) fn install<'js>(own: &Ctx<'js>, ctx: &Ctx<'js>, functions: &Object<'js>) -> Result<()> {
    functions.set("giveAway", rquickjs::Function::new(own.clone(), give_away)?)?;
    let context = ctx.as_raw().as_ptr();
    let kind = js::JSCFunctionEnum_JS_CFUNC_constructor;
    // SAFETY: the function has this type and at least one argument. The value belongs to this function.
    let constructor = unsafe {
        let function = js::JS_NewCFunction2(context, Some(construct), c"ArrayBuffer".as_ptr(), 1, kind, 0);
        Value::from_raw(ctx.clone(), function)
    };
    functions.set("ArrayBuffer", constructor)
}

/// `new ArrayBuffer(length, options)`.
///
/// # Safety
///
/// The engine calls it as a constructor: `this` is `new.target`, and there is room for at least one argument.
unsafe extern "C" fn construct(context: *mut JSContext, target: JSValue, argc: i32, args: *mut JSValue) -> JSValue {
    // SAFETY: the engine passes valid arguments, with room for one at least. Values that functions return belong to
    // this function.
    unsafe {
        let Some(checked) = NonNull::new(context) else { return js::JS_EXCEPTION };
        let ffi = ffi(&Ctx::from_raw(checked));
        let mut len = 0;
        if js::JS_ToIndex(context, &mut len, *args) != 0 {
            return js::JS_EXCEPTION;
        }
        let mut max = js::JS_UNDEFINED;
        if argc > 1 && js::JS_IsObject(*args.add(1)) {
            max = js::JS_GetPropertyStr(context, *args.add(1), c"maxByteLength".as_ptr());
        }
        if js::JS_IsException(max) {
            return max;
        }
        if js::JS_IsUndefined(max) {
            let mut args = [number(len)];
            return js::JS_CallConstructor2(context, ffi.originals.constructor, target, 1, args.as_mut_ptr());
        }
        let mut max_len = 0;
        let refused = js::JS_ToIndex(context, &mut max_len, max) != 0;
        js::JS_FreeValue(context, max);
        if refused {
            return js::JS_EXCEPTION;
        }
        let prototype = js::JS_GetPropertyStr(context, target, c"prototype".as_ptr());
        if js::JS_IsException(prototype) {
            return prototype;
        }
        let buffer = if len > max_len {
            js::JS_ThrowRangeError(context, c"invalid array buffer max length".as_ptr())
        } else {
            ffi.originals.make(context, len, Some(max_len))
        };
        if !js::JS_IsException(buffer) && js::JS_IsObject(prototype) {
            js::JS_SetPrototype(context, buffer, prototype);
        }
        js::JS_FreeValue(context, prototype);
        buffer
    }
}

/// A buffer's bytes, and their number. Throws if the buffer is detached.
fn bytes(context: *mut JSContext, buffer: JSValue) -> Result<(*mut u8, usize)> {
    let mut len = 0;
    // SAFETY: the value is one of the engine's. Its own jobs may have left an exception.
    unsafe {
        QuickJs::forget_exception(context);
        let start = js::JS_GetArrayBuffer(context, &mut len, buffer);
        if js::JS_HasException(context) { Err(Error::Exception) } else { Ok((start, len as usize)) }
    }
}

/// Calls an engine's method on a buffer.
///
/// # Safety
///
/// The values are the engine's.
unsafe fn call<'js>(ctx: &Ctx<'js>, method: JSValue, buffer: JSValue, arg: Option<JSValue>) -> Result<Value<'js>> {
    let mut args = [arg.unwrap_or(js::JS_UNDEFINED)];
    // SAFETY: the caller promises that the values are the engine's.
    let result = unsafe { js::JS_Call(ctx.as_raw().as_ptr(), method, buffer, arg.is_some().into(), args.as_mut_ptr()) };
    owned(ctx, result)
}

/// Takes the result of an engine's function.
fn owned<'js>(ctx: &Ctx<'js>, value: JSValue) -> Result<Value<'js>> {
    // SAFETY: the value belongs to this function. If it is the exception, that is thrown.
    unsafe { if js::JS_IsException(value) { Err(Error::Exception) } else { Ok(Value::from_raw(ctx.clone(), value)) } }
}

/// `transfer(length)` and related methods. Returns the buffer that has the bytes now.
fn give_away<'js>(ctx: Ctx<'js>, name: String, buffer: Value<'js>, length: Value<'js>) -> Result<Value<'js>> {
    let (ffi, ctx) = (ffi(&ctx), script(&ctx));
    let context = ctx.as_raw().as_ptr();
    let (originals, engine) = (&ffi.originals, ffi.realm.engine());
    let Some(which) = METHODS.iter().position(|(known, _)| *known == name) else { return Ok(length) };
    let (method, kind) = (originals.methods[which], METHODS[which].1);
    let raw = buffer.as_raw();
    // SAFETY: the values are the engine's. No script runs once the length is known.
    unsafe {
        if !js::JS_IsArrayBuffer(raw) {
            return call(&ctx, method, raw, Some(length.as_raw()));
        }
        let mut asked = 0;
        if !length.is_undefined() && js::JS_ToIndex(context, &mut asked, length.as_raw()) != 0 {
            return Err(Error::Exception);
        }
        let (start, len) = bytes(context, raw)?;
        let asked = if length.is_undefined() { len as u64 } else { asked };
        let max = originals.max_byte_length(context, raw);
        let kept_max = max.filter(|_| kind == Method::Transfer);
        if js::JS_IsImmutableArrayBuffer(raw) == 1 || kept_max.is_some_and(|max| asked > max as u64) {
            // This call throws.
            return call(&ctx, method, raw, Some(number(asked)));
        }
        if asked == len as u64 && len > 0 {
            let heir = call(&ctx, method, raw, None)?;
            engine.inherit(context, raw, heir.as_raw());
            return Ok(heir);
        }
        let copy = owned(&ctx, originals.make(context, asked, kept_max.map(|max| max as u64)))?;
        let (to, room) = bytes(context, copy.as_raw())?;
        start.copy_to_nonoverlapping(to, len.min(room));
        // The engine frees the memory of an empty buffer, and C may still work on bytes that it had before.
        let is_used = engine.pins().is_pinned(raw) || engine.is_pointed(context, raw);
        SPARED.set((len == 0 && is_used).then(ptr::null_mut));
        let heir = call(&ctx, originals.methods[Method::Transfer as usize], raw, None);
        let heir = match SPARED.take() {
            Some(spared) if !spared.is_null() => own(&ctx, spared)?,
            _ => heir?,
        };
        engine.inherit(context, raw, heir.as_raw());
        if kind == Method::ToImmutable {
            js::JS_SetImmutableArrayBuffer(copy.as_raw(), true);
        }
        Ok(copy)
    }
}
