//! Functions of script as callbacks in SpiderMonkey.

use std::ffi::c_void;

use hotcall::engine::{Catch, EngineCallback, EngineThunk, Site, Words};
use hotcall::{CallbackError, Dispatch, LocalOptions, Signature};

use crate::spider_monkey::SpiderMonkeyScript;
use crate::spider_monkey_api::{Api, Rooted};
use crate::spider_monkey_engine::{SpiderMonkey, SpiderMonkeyThrown};

// SAFETY: nothing here runs script.
unsafe impl Catch for SpiderMonkey {
    unsafe fn catch(&self, site: Site, _: Words) -> SpiderMonkeyThrown {
        // SAFETY: the caller promises that an exception waits in the context.
        self.thrown(unsafe { (self.api.take_exception)(site.context) })
    }
}

/// A function of script, which this value keeps from the collector.
struct RootedFunction {
    api: &'static Api,
    rooted: Rooted,
}

impl Drop for RootedFunction {
    fn drop(&mut self) {
        // SAFETY: this owns the root, whose context lives longer.
        unsafe { (self.api.drop)(self.rooted) };
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
        let (api, function) = (self.realm.engine().api, self.value(source));
        // SAFETY: the context is the engine's, and the callback keeps the function, which does not move.
        unsafe {
            let kept = RootedFunction { api, rooted: (api.root)(self.context, function) };
            thunk.callback(options, dispatch, self.context, [function, 0], kept)
        }
    }
}
