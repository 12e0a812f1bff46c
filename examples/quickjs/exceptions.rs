//! Exceptions with their whole message. The engine's own functions cut messages after 255 bytes.

use rquickjs::qjs::{self as js, JSContext, JSValue};
use rquickjs::{Ctx, Error, Value};

/// The constructor of an exception.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// `Error`: a request that cannot be fulfilled.
    Plain,
    /// `TypeError`: a request that makes no sense.
    Type,
}

/// Makes an exception, which belongs to the caller. If memory is short, returns the engine's exception for that.
///
/// # Safety
///
/// The context is alive.
pub(crate) unsafe fn exception(context: *mut JSContext, kind: Kind, message: &str) -> JSValue {
    let flags = (js::JS_PROP_WRITABLE | js::JS_PROP_CONFIGURABLE) as i32;
    // SAFETY: the caller promises that the context is alive. The error belongs to this function. The property is
    // defined, which runs no script.
    unsafe {
        let error = match kind {
            Kind::Plain => js::JS_NewPlainError(context, c"".as_ptr()),
            Kind::Type => js::JS_NewTypeError(context, c"".as_ptr()),
        };
        if js::JS_IsException(error) {
            return js::JS_GetException(context);
        }
        let text = js::JS_NewStringLen(context, message.as_ptr().cast(), message.len() as _);
        if js::JS_IsException(text) {
            js::JS_FreeValue(context, error);
            return js::JS_GetException(context);
        }
        js::JS_DefinePropertyValueStr(context, error, c"message".as_ptr(), text, flags);
        error
    }
}

/// Throws an exception of a context's constructors.
pub(crate) fn throw(ctx: &Ctx<'_>, kind: Kind, message: impl ToString) -> Error {
    // SAFETY: the context is alive while `ctx` is, and the exception belongs to this function.
    let exception = unsafe {
        let exception = exception(ctx.as_raw().as_ptr(), kind, &message.to_string());
        Value::from_raw(ctx.clone(), exception)
    };
    ctx.throw(exception)
}
