//! Functions of script as callbacks in SpiderMonkey.

use std::ffi::c_void;

use hotcall::engine::{Catch, EngineCallback, EngineThunk, Site, Words};
use hotcall::{CallbackError, Dispatch, LocalOptions, Signature};

use crate::language::Language;
use crate::spider_monkey::SpiderMonkeyScript;
use crate::spider_monkey_engine::{SpiderMonkey, SpiderMonkeyThrown};

// SAFETY: nothing here runs script.
unsafe impl Catch for SpiderMonkey {
    unsafe fn catch(&self, site: Site, _: Words) -> SpiderMonkeyThrown {
        // SAFETY: the caller promises that an exception waits in the context.
        self.thrown(unsafe { (self.api.take_exception)(site.context) })
    }
}

impl SpiderMonkeyScript {
    /// Makes the code for callbacks of this signature.
    pub fn thunk(&self, signature: &Signature) -> Result<EngineThunk<SpiderMonkey>, CallbackError> {
        // SAFETY: the function is the one of the model. It calls script with arguments that the context keeps and does not move.
        unsafe { self.realm.thunk(signature, self.realm.engine().api.call_function as *const c_void) }
    }

    /// Makes a callback of the function that a script returns. The callback must not outlive the script.
    pub fn callback(
        &self,
        thunk: &EngineThunk<SpiderMonkey>,
        source: &str,
        options: LocalOptions,
        dispatch: impl Dispatch,
    ) -> Result<EngineCallback, CallbackError> {
        let kept = self.callee(source);
        // SAFETY: the context is the engine's, and the callback keeps the function, which does not move.
        unsafe { thunk.callback(options, dispatch, self.context, [kept.value(), 0], kept) }
    }
}
