//! Functions of script as callbacks in QuickJS.

use std::ffi::c_void;

use hotcall::engine::{Catch, EngineCallback, EngineThunk, Site, Words};
use hotcall::{CallbackError, Dispatch, LocalOptions, Signature};
use rquickjs_sys as js;

use crate::quickjs::{QuickJs, Script};
use crate::quickjs_values::{Thrown, words};

// SAFETY: nothing here runs script.
unsafe impl Catch for QuickJs {
    unsafe fn catch(&self, site: Site, _: Words) -> Thrown {
        // SAFETY: the caller promises that the engine has thrown here.
        unsafe { Thrown::take(site.context.cast()) }
    }
}

/// A function of script, which this value owns.
pub struct KeptFunction {
    context: *mut js::JSContext,
    function: js::JSValue,
}

impl KeptFunction {
    /// The function that a script returns. This value must not outlive the script.
    pub fn of(script: &Script, source: &str) -> Self {
        Self { context: script.context, function: script.evaluate(source) }
    }

    /// The words of the function.
    pub fn words(&self) -> Words {
        words(self.function)
    }
}

impl Drop for KeptFunction {
    fn drop(&mut self) {
        // SAFETY: the value belongs to this, and its context lives longer.
        unsafe { js::JS_FreeValue(self.context, self.function) };
    }
}

impl Script {
    /// Makes the code for callbacks of this signature.
    pub fn thunk(&self, signature: &Signature) -> Result<EngineThunk<QuickJs>, CallbackError> {
        // SAFETY: the function is the one of the model.
        unsafe { self.realm.thunk(signature, js::JS_Call as *const c_void) }
    }

    /// Makes a callback of the function that a script returns. The callback must not outlive the script.
    pub fn callback(
        &self,
        thunk: &EngineThunk<QuickJs>,
        source: &str,
        options: LocalOptions,
        dispatch: impl Dispatch,
    ) -> Result<EngineCallback, CallbackError> {
        let kept = KeptFunction::of(self, source);
        let callee = kept.words();
        // SAFETY: the context is the engine's, and the callback keeps the function.
        unsafe { thunk.callback(options, dispatch, self.context.cast(), callee, kept) }
    }
}
