//! Functions of script as callbacks in JavaScriptCore.

use std::ffi::c_void;

use hotcall::engine::{Catch, EngineCallback, EngineThunk, Site, Words};
use hotcall::{CallbackError, Dispatch, LocalOptions, Signature};

use crate::jsc::JscScript;
use crate::jsc_api::{Api, Context, Loaded, Value};
use crate::jsc_engine::{Jsc, JscThrown, value, words};

// SAFETY: nothing here runs script.
unsafe impl Catch for Jsc {
    unsafe fn catch(&self, site: Site, thrown: Words) -> JscThrown {
        // SAFETY: the caller promises that the engine has thrown this value.
        unsafe { self.thrown(site.context, value(thrown)) }
    }
}

/// A function of script, which this value protects from the collector.
struct ProtectedFunction {
    api: &'static Api,
    context: Context,
    function: Value,
}

impl Drop for ProtectedFunction {
    fn drop(&mut self) {
        // SAFETY: the function was protected, and its context lives longer.
        unsafe { (self.api.JSValueUnprotect)(self.context, self.function) };
    }
}

impl JscScript {
    /// Makes the code for callbacks of this signature.
    pub fn thunk(&self, signature: &Signature) -> Result<EngineThunk<Jsc>, CallbackError> {
        let api = &Loaded::get().expect("a script has its library").api;
        // SAFETY: the function is the one of the model.
        unsafe { self.realm.thunk(signature, api.JSObjectCallAsFunction as *const c_void) }
    }

    /// Makes a callback of the function that a script returns. The callback must not outlive the script.
    pub fn callback(
        &self,
        thunk: &EngineThunk<Jsc>,
        source: &str,
        options: LocalOptions,
        dispatch: impl Dispatch,
    ) -> Result<EngineCallback, CallbackError> {
        let api = &Loaded::get().expect("a script has its library").api;
        let (context, function) = (self.context, self.value(source));
        // SAFETY: the context is the engine's, and the callback keeps the function.
        unsafe {
            (api.JSValueProtect)(context, function);
            let kept = ProtectedFunction { api, context, function };
            thunk.callback(options, dispatch, context, words(function), kept)
        }
    }
}
