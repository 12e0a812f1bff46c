//! Exceptions that script sees.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_sys::{napi_env, napi_status, napi_value};

use super::env::{Env, Value};
use super::thrown::Thrown;

/// The functions of Node-API that make an error.
type MakeError = unsafe fn(napi_env, napi_value, napi_value, *mut napi_value) -> napi_status;

impl Thrown {
    /// Makes the exception's value.
    pub(crate) fn into_value(self, env: Env) -> Option<Value> {
        match self {
            Self::Value(root) => env.kept(&root, 0).ok(),
            Self::TypeError(message) => env.error(napi_sys::napi_create_type_error, &message).ok(),
            Self::RangeError(message) => env.error(napi_sys::napi_create_range_error, &message).ok(),
            Self::Error(message) => env.error(napi_sys::napi_create_error, &message).ok(),
            Self::InV8 | Self::Ending => None,
        }
    }
}

impl Env {
    fn error(self, make: MakeError, message: &str) -> Result<Value, Thrown> {
        let message = self.string(message)?;
        let mut error = ptr::null_mut();
        // SAFETY: the environment and the message are valid. No code is given.
        self.check(unsafe { make(self.raw(), ptr::null_mut(), message.raw(), &mut error) }).map(|()| Value::of(error))
    }

    /// Throws when the native function returns that Node-API has called.
    pub(crate) fn throw(self, thrown: Thrown) {
        if let Some(value) = thrown.into_value(self) {
            // SAFETY: the environment and the value are valid. A failure means that the environment ends.
            unsafe { napi_sys::napi_throw(self.raw(), value.raw()) };
        }
    }

    /// Reports an exception that no code of script below could catch, as `uncaughtException` of the process.
    pub(crate) fn uncaught(self, thrown: Thrown) {
        if let Some(value) = thrown.into_value(self) {
            // SAFETY: the environment and the value are valid. A failure means that the environment ends.
            unsafe { napi_sys::napi_fatal_exception(self.raw(), value.raw()) };
        }
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
    ptr::null_mut()
}
