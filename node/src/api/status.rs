//! Statuses of Node-API as errors.

use napi_sys::{Status, napi_status};

use super::env::{Env, Value};
use super::root::Root;
use super::thrown::Thrown;

/// Calls a function of Node-API, whose last parameter is the address for its result.
macro_rules! get {
    ($env:expr, $function:ident ( $($arg:expr),* )) => {{
        let mut result = std::mem::MaybeUninit::uninit();
        // SAFETY: the environment and the values are valid. The function writes the result if it succeeds.
        let status = unsafe { napi_sys::$function($env.raw(), $($arg,)* result.as_mut_ptr()) };
        // SAFETY: the function has succeeded, so it has written the result.
        $env.check(status).map(|()| unsafe { result.assume_init() })
    }};
}

/// Calls a function of Node-API that has no result.
macro_rules! run {
    ($env:expr, $function:ident ( $($arg:expr),* )) => {{
        // SAFETY: the environment and the values are valid.
        let status = unsafe { napi_sys::$function($env.raw(), $($arg),*) };
        $env.check(status)
    }};
}

impl Env {
    /// Turns a status into an error. If script has thrown, the error is its exception.
    #[inline]
    pub(crate) fn check(self, status: napi_status) -> Result<(), Thrown> {
        if status == Status::napi_ok { Ok(()) } else { Err(self.failure(status)) }
    }

    #[cold]
    fn failure(self, status: napi_status) -> Thrown {
        match status {
            Status::napi_pending_exception => self.take_exception().unwrap_or(Thrown::Ending),
            Status::napi_closing | Status::napi_cannot_run_js => Thrown::Ending,
            _ => Thrown::Error(format!("Node-API failed with status {status}")),
        }
    }

    /// Takes the exception that script has thrown. `None` if Node-API reports one without having it, because the environment
    /// ends.
    fn take_exception(self) -> Option<Thrown> {
        let is_pending = get!(self, napi_is_exception_pending()).unwrap_or(false);
        let value = is_pending.then(|| get!(self, napi_get_and_clear_last_exception()).ok()).flatten()?;
        Root::new(self, &[Value::of(value)]).ok().map(Thrown::Value)
    }

    /// Keeps values from being collected.
    pub(crate) fn keep(self, values: &[Value]) -> Result<Root, Thrown> {
        Root::new(self, values).map_err(|status| self.failure(status))
    }

    /// Returns one of the values that a root [keeps](Self::keep).
    pub(crate) fn kept(self, root: &Root, index: usize) -> Result<Value, Thrown> {
        root.get(index as u32).map_err(|status| self.failure(status))
    }
}

pub(crate) use {get, run};
