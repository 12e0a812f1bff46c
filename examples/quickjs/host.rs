//! Deno's part of the engine: its messages, pointers into buffers, and buffers that stay until the turn ends.

use std::ffi::c_void;

use hotcall::engine::{EngineError, Site};
use hotcall::{Pointee, Scalar, Type};
use hotcall_engines::quickjs::{Buffers, ErrorKind, Host, Owned, PointerClass};
use rquickjs::qjs::{self as js, JSContext, JSValue};

use crate::turn::Turn;

/// QuickJS with Deno's rules.
pub(crate) type QuickJs = hotcall_engines::quickjs::QuickJs<Deno>;

/// Deno's rules.
pub(crate) struct Deno {
    /// The class of pointers into a buffer.
    inner: PointerClass,
    turn: Turn,
}

impl Deno {
    /// # Safety
    ///
    /// The context is alive.
    pub(crate) unsafe fn new(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises a live context.
        Self { inner: unsafe { PointerClass::new(context, c"External") }, turn: Turn::default() }
    }

    /// Returns the buffers that stay until the turn ends.
    pub(crate) const fn turn(&self) -> &Turn {
        &self.turn
    }

    /// Keeps the buffer whose address C gets until the turn ends: the value itself, or the buffer that a pointer leads
    /// to.
    ///
    /// # Safety
    ///
    /// The value is one of the context's.
    pub(crate) unsafe fn keep_for_turn(&self, buffers: &Buffers, context: *mut JSContext, value: JSValue) {
        // SAFETY: the caller promises a value of the context.
        unsafe {
            if let Some(buffer) = buffer_of(buffers, context, value) {
                self.turn.keep(buffer, |buffer| kept_bytes(buffers, context, buffer));
            }
        }
    }
}

impl Host for Deno {
    /// In Deno, only views of shared memory are buffers for C.
    const SHARED_BUFFERS: bool = false;

    fn describe(&self, error: &EngineError) -> (ErrorKind, String) {
        let is_of_type = matches!(error, EngineError::Argument { .. } | EngineError::CallbackResult { .. });
        (if is_of_type { ErrorKind::Type } else { ErrorKind::Plain }, message(error))
    }

    unsafe fn pointer(&self, buffers: &Buffers, site: Site, object: JSValue) -> *const c_void {
        // SAFETY: the caller promises an object of the engine.
        let address = unsafe { self.inner.address(object) };
        if !address.is_null() {
            // A call may be about to get the address, and pins only values that have bytes.
            // SAFETY: the caller promises an object of the site's context.
            unsafe { self.keep_for_turn(buffers, site.context.cast(), object) };
        }
        address
    }

    fn unpinned(&self, buffers: &Buffers, object: Owned) {
        // SAFETY: the value is an object of its context.
        unsafe { self.keep_for_turn(buffers, object.context(), object.value()) };
    }

    fn keeps(&self, buffer: JSValue) -> bool {
        self.turn.keeps(buffer)
    }

    fn release(&self) {
        self.turn.end();
    }
}

/// Makes a pointer object for an address in a buffer, or null. It keeps that buffer.
///
/// # Safety
///
/// The buffer is an object of the context.
pub(crate) unsafe fn pointer_into(
    engine: &QuickJs,
    context: *mut JSContext,
    buffer: JSValue,
    address: *const c_void,
) -> JSValue {
    let (host, buffers) = (engine.host(), engine.buffers());
    // SAFETY: the caller promises a buffer of the context, whose runtime has the class.
    unsafe {
        let pointer = host.inner.make(context, address);
        if js::JS_IsObject(pointer) {
            buffers.owners().set(context, pointer, buffer);
            buffers.owners().set_pointed(context, buffer);
            host.keep_for_turn(buffers, context, pointer);
        }
        pointer
    }
}

/// Returns the buffer that a value is or shows, or that it keeps.
///
/// # Safety
///
/// The value is one of the context's.
pub(crate) unsafe fn buffer_of(buffers: &Buffers, context: *mut JSContext, value: JSValue) -> Option<Owned> {
    // SAFETY: the caller promises a value of the context.
    unsafe { buffers.views().whole(context, value).or_else(|| buffers.owners().get(context, value)) }
}

/// Returns the number of bytes that a buffer keeps in memory, with those of the buffers that it keeps.
///
/// # Safety
///
/// The value is a buffer of the context.
unsafe fn kept_bytes(buffers: &Buffers, context: *mut JSContext, buffer: JSValue) -> usize {
    // SAFETY: the caller promises a buffer of the context, and owners are buffers too.
    unsafe {
        let mut bytes = buffers.views().buffer_len(context, buffer);
        let mut next = buffers.owners().of_buffer(context, buffer);
        while let Some(owner) = next {
            bytes += buffers.views().buffer_len(context, owner.value());
            next = buffers.owners().of_buffer(context, owner.value());
        }
        bytes
    }
}

/// Returns an error in Deno's words, followed by hotcall's.
fn message(error: &EngineError) -> String {
    if let EngineError::Argument { function, index, ty, problem } = error {
        return format!("Invalid FFI {}: argument {} of {function}: {problem}", expectation(ty), index + 1);
    }
    if let EngineError::CallbackResult { ty, problem } = error {
        return format!("Invalid FFI {}: result of a callback: {problem}", expectation(ty));
    }
    error.to_string()
}

fn expectation(ty: &Type) -> String {
    let Some(scalar) = ty.as_scalar() else {
        return "struct type, expected ArrayBuffer, or ArrayBufferView".into();
    };
    let expected = match scalar {
        Scalar::Bool => "boolean",
        Scalar::F32 | Scalar::F64 => "number",
        Scalar::Pointer(Pointee::Buffer | Pointee::Text) => "null, ArrayBuffer, or ArrayBufferView",
        Scalar::Pointer(Pointee::Opaque | Pointee::Function) => "null, or External",
        Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 | Scalar::Isize => "integer",
        Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 | Scalar::Usize => "unsigned integer",
        Scalar::Pointer(_) | _ => "a value of the type",
    };
    format!("{} type, expected {expected}", scalar.name())
}
