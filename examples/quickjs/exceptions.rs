//! Exceptions of the runtime's own functions.

use hotcall_engines::quickjs::{self, ErrorKind};
use rquickjs::{Ctx, Error, Value};

/// Throws an exception of a context's constructors.
pub(crate) fn throw(ctx: &Ctx<'_>, kind: ErrorKind, message: impl ToString) -> Error {
    // SAFETY: the context is alive while `ctx` is, and the exception belongs to this function.
    let exception = unsafe {
        let exception = quickjs::error(ctx.as_raw().as_ptr(), kind, &message.to_string());
        Value::from_raw(ctx.clone(), exception.into_value())
    };
    ctx.throw(exception)
}
