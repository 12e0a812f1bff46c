//! Exceptions with their whole message. The engine's own functions cut messages after 255 bytes.

use rquickjs_sys::{self as js, JSContext};

use super::owned::Thrown;

/// The constructor of an exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// `Error`: a request that cannot be fulfilled.
    Plain,
    /// `TypeError`: a request that makes no sense.
    Type,
}

/// Makes an exception. If memory is short, returns the engine's exception for that.
///
/// # Safety
///
/// The context lives longer than the exception.
pub unsafe fn error(context: *mut JSContext, kind: ErrorKind, message: &str) -> Thrown {
    let flags = (js::JS_PROP_WRITABLE | js::JS_PROP_CONFIGURABLE) as i32;
    // SAFETY: the caller promises that the context is alive. The error belongs to this function. The property is
    // defined, which runs no script.
    unsafe {
        let error = match kind {
            ErrorKind::Plain => js::JS_NewPlainError(context, c"".as_ptr()),
            ErrorKind::Type => js::JS_NewTypeError(context, c"".as_ptr()),
        };
        if js::JS_IsException(error) {
            return Thrown::take(context);
        }
        let error = Thrown::new(context, error);
        let text = js::JS_NewStringLen(context, message.as_ptr().cast(), message.len() as _);
        if js::JS_IsException(text) {
            return Thrown::take(context);
        }
        js::JS_DefinePropertyValueStr(context, error.value(), c"message".as_ptr(), text, flags);
        error
    }
}
