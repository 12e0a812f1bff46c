//! Functions of C for script.

use std::cell::Cell;
use std::mem::{self, MaybeUninit};
use std::ptr;

use hotcall::MAX_PARAMETERS;
use napi_sys::{napi_callback_info, napi_env, napi_type_tag, napi_value};

use crate::api::env::{Env, Value};
use crate::api::throw::guard;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::callee::Callee;
use crate::environment::Environment;
use crate::handle::{Handle, tag};
use crate::v8::entries::Entries;

/// A function of C for script. Script's function owns it.
pub(crate) struct CFunction {
    callee: Callee,
    /// The number of calls by Node-API.
    calls: Cell<u64>,
    /// V8's entries, or the reason why Node-API calls the function.
    entries: Result<Entries, String>,
}

impl Handle for CFunction {
    const NAME: &'static str = "a function of C";
    const TAG: napi_type_tag = tag(4);
}

impl CFunction {
    pub(crate) fn new(callee: Callee) -> Self {
        Self { entries: Entries::new(&callee), calls: Cell::new(0), callee }
    }

    /// Makes script's function of this name.
    pub(crate) fn into_value(self, name: &str) -> Result<Value, Thrown> {
        let function = Box::new(self);
        let (environment, arity) = (function.callee.environment(), function.callee.arity());
        let env = environment.env;
        let value = match (&environment.v8, &function.entries) {
            (Ok(v8), Ok(entries)) => entries.function(v8, name, arity)?,
            _ => {
                let value = env.function(name, call, ptr::from_ref(&*function).cast_mut().cast())?;
                env.set_length(value, arity)?;
                value
            }
        };
        env.own_by(value, function).map(|()| value)
    }

    pub(crate) const fn callee(&self) -> &Callee {
        &self.callee
    }

    /// The entries for V8, or the reason why Node-API calls the function.
    pub(crate) const fn entries(&self) -> Result<&Entries, &String> {
        self.entries.as_ref()
    }

    /// The number of calls, except those from optimised code.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.get() + self.entries.as_ref().map_or(0, Entries::calls)
    }

    /// Calls C with arguments of script.
    fn call(&self, values: &[Value]) -> Result<Value, Thrown> {
        self.calls.set(self.calls.get() + 1);
        self.callee.call(values)
    }
}

impl Drop for CFunction {
    fn drop(&mut self) {
        if self.callee.environment().is_ending()
            && let Ok(entries) = mem::replace(&mut self.entries, Err(String::new()))
        {
            entries.end();
        }
    }
}

/// The largest number of arguments that script passes: those of C, and a buffer for the result.
const MAX_ARGUMENTS: usize = MAX_PARAMETERS + 1;

/// The Node-API callback of every function of C.
unsafe extern "C" fn call(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: Node-API calls this on the environment's thread.
    let env = unsafe { Env::new(env) };
    guard(env, || {
        // SAFETY: Node-API has passed `info` to this callback.
        let (_, data) = unsafe { env.callback_info(info, &mut [])? };
        // SAFETY: `into_value` has given the function to the callee, which owns it.
        let function = unsafe { &*data.cast::<CFunction>() };
        let mut room = [MaybeUninit::uninit(); MAX_ARGUMENTS];
        // SAFETY: Node-API has passed `info` to this callback.
        let (values, _) = unsafe { env.callback_info(info, &mut room[..function.callee.arity()])? };
        function.call(values)
    })
}

/// `errno()`
pub(crate) fn errno(environment: &Environment, _: &Arguments<'_>) -> Result<Value, Thrown> {
    environment.env.number(environment.errno.get().into())
}
