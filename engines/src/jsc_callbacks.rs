//! Functions of script as callbacks in JavaScriptCore.

use std::ffi::c_void;

use hotcall::engine::{Catch, EngineCallback, EngineThunk, Site, Words};
use hotcall::{CallbackError, Dispatch, LocalOptions, Signature};

use crate::jsc::JscScript;
use crate::jsc_api::Loaded;
use crate::jsc_engine::{Jsc, JscThrown, value, words};
use crate::language::Language;

// SAFETY: nothing here runs script.
unsafe impl Catch for Jsc {
    unsafe fn catch(&self, site: Site, thrown: Words) -> JscThrown {
        // SAFETY: the caller promises that the engine has thrown this value.
        unsafe { self.thrown(site.context, value(thrown)) }
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
        let kept = self.callee(source);
        // SAFETY: the context is the engine's, and the callback keeps the function.
        unsafe { thunk.callback(options, dispatch, self.context, words(kept.value()), kept) }
    }
}
