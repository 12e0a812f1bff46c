//! Exceptions on their way to script.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hotcall::engine::EngineError;
use napi_sys::napi_value;

use crate::api::{Env, Root, Value};

/// An exception that script does not see yet. Errors become values only when they are thrown.
pub(crate) enum Thrown {
    /// A value of script.
    Value(Root),
    /// A `TypeError`.
    TypeError(String),
    /// A `RangeError`.
    RangeError(String),
    /// Another `Error`.
    Error(String),
    /// V8 already has the exception, and throws it when C returns.
    InV8,
    /// The environment ends, so script cannot run any more.
    Ending,
}

impl Thrown {
    pub(crate) fn type_error(message: impl ToString) -> Self {
        Self::TypeError(message.to_string())
    }

    pub(crate) fn error(message: impl ToString) -> Self {
        Self::Error(message.to_string())
    }

    /// The exception for a panic, which is a fault of the addon.
    pub(crate) fn of_panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Self::Error(format!("internal error of hotcall: {text}"))
    }

    /// Makes the exception's value.
    pub(crate) fn into_value(self, env: Env) -> Option<Value> {
        match self {
            Self::Value(root) => root.value(env).ok(),
            Self::TypeError(message) => env.error(napi_sys::napi_create_type_error, &message).ok(),
            Self::RangeError(message) => env.error(napi_sys::napi_create_range_error, &message).ok(),
            Self::Error(message) => env.error(napi_sys::napi_create_error, &message).ok(),
            Self::InV8 | Self::Ending => None,
        }
    }
}

impl From<EngineError> for Thrown {
    fn from(error: EngineError) -> Self {
        Self::from(&error)
    }
}

impl From<&EngineError> for Thrown {
    fn from(error: &EngineError) -> Self {
        let is_of_type = matches!(error, EngineError::Argument { .. } | EngineError::CallbackResult { .. });
        if is_of_type { Self::type_error(error) } else { Self::error(error) }
    }
}

/// Runs a native function below Node-API's callback. An exception or a panic is thrown when the callback returns.
pub(crate) fn guard(env: Env, run: impl FnOnce() -> Result<Value, Thrown>) -> napi_value {
    let result = catch_unwind(AssertUnwindSafe(run));
    let thrown = match result {
        Ok(Ok(value)) => return value.raw(),
        Ok(Err(thrown)) => thrown,
        Err(payload) => Thrown::of_panic(&*payload),
    };
    env.throw(thrown);
    std::ptr::null_mut()
}
