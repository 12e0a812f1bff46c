//! The engines for JavaScript by one interface, for tests that run in each of them.

use std::ffi::c_void;

use hotcall::engine::{Engine, EngineCallback, Realm, Record, Site, Words};
use hotcall::{Call, Callback, CallbackError, Function, LocalCallback, LocalOptions, Signature, Thunk};

/// How callbacks reach script.
#[derive(Clone, Copy, Debug)]
pub enum CallbackWay {
    /// Through a handler in Rust, which answers.
    Handler,
    /// As functions of script.
    Function,
}

impl CallbackWay {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Handler, Self::Function];
}

/// A callback, of either way. It must not outlive the script.
pub enum ScriptCallback {
    /// A handler that calls the function of script.
    Handler(LocalCallback),
    /// The function of script itself.
    Function(EngineCallback),
}

impl ScriptCallback {
    /// The address for C.
    pub fn as_ptr(&self) -> *const c_void {
        match self {
            Self::Handler(callback) => callback.as_ptr(),
            Self::Function(callback) => callback.as_ptr(),
        }
    }
}

/// An engine for JavaScript, with script in one context.
pub trait Language: Sized + 'static {
    /// The realm's engine.
    type Engine: Engine + 'static;

    /// A function of script, which this value keeps from the collector. It must not outlive the script.
    type Callee: 'static;

    /// True if a collection frees all that script cannot reach. False if the collector keeps the objects whose addresses it finds on
    /// the stack.
    const COLLECTS_EXACTLY: bool;

    /// A context whose script may use this number of bytes of the stack, in engines that can limit that. `None` if the engine is not
    /// installed.
    fn with_stack(bytes: usize) -> Option<Self>;

    /// The realm that makes the functions which script calls.
    fn realm(&self) -> &Realm<Self::Engine>;

    /// The site of calls from outside of script.
    fn site(&self) -> Site;

    /// The result of a script as a string. An error is what it threw, as a string.
    ///
    /// # Errors
    ///
    /// The script throws.
    fn run(&self, source: &str) -> Result<String, String>;

    /// Makes the function of a record global.
    fn set_function(&self, name: &str, record: Record);

    /// Makes a pointer object global.
    fn set_pointer(&self, name: &str, address: *const c_void);

    /// The function that a script returns.
    fn callee(&self, source: &str) -> Self::Callee;

    /// Calls a function of script. The error is the exception that the function throws.
    ///
    /// # Safety
    ///
    /// The engine, the site, the function and the arguments are of one script, which runs on this thread.
    unsafe fn call(
        engine: &Self::Engine,
        site: Site,
        function: &Self::Callee,
        args: &[Words],
    ) -> Result<Words, <Self::Engine as Engine>::Exception>;

    /// A callback that is the function which a script returns.
    ///
    /// # Errors
    ///
    /// There is no memory for the callback.
    fn engine_callback(&self, signature: &Signature, source: &str) -> Result<EngineCallback, CallbackError>;

    /// The number of pins that helpers have not released.
    fn pins(&self) -> usize;

    /// A value that collects garbage as long as the engine lives.
    fn collector(&self) -> impl Fn() + 'static + use<Self>;

    /// Collects garbage from now on whenever machine code calls the engine.
    fn collect_at_each_step(&self);

    /// Makes a C function global.
    ///
    /// # Panics
    ///
    /// Memory is missing.
    fn define(&self, name: &str, function: &Function) {
        // SAFETY: the tests' functions take what the tests pass.
        let record = unsafe { self.realm().record(function) };
        self.set_function(name, record.expect("there is memory for a record"));
    }

    /// Makes a C function global that writes its result into a buffer.
    ///
    /// # Panics
    ///
    /// Memory is missing, or the result is not a struct.
    fn define_into(&self, name: &str, function: &Function) {
        // SAFETY: the tests' functions take what the tests pass.
        let record = unsafe { self.realm().record_into(function) };
        self.set_function(name, record.expect("the result is a struct"));
    }

    /// Makes a callback of the function that a script returns, and a global pointer to it.
    ///
    /// # Errors
    ///
    /// There is no memory for the callback.
    fn define_callback(
        &self,
        way: CallbackWay,
        name: &str,
        signature: &Signature,
        source: &str,
    ) -> Result<ScriptCallback, CallbackError> {
        let callback = match way {
            CallbackWay::Handler => {
                let (thunk, handler) = (Thunk::new(signature)?, self.handler(signature, source));
                ScriptCallback::Handler(Callback::local(&thunk, LocalOptions::default(), Err, handler)?)
            }
            CallbackWay::Function => ScriptCallback::Function(self.engine_callback(signature, source)?),
        };
        self.set_pointer(name, callback.as_ptr());
        Ok(callback)
    }

    /// The handler of a callback with this signature. It calls the function that a script returns, and must not outlive the script.
    fn handler(&self, signature: &Signature, source: &str) -> impl Fn(&mut Call<'_>) + 'static + use<Self> {
        let (realm, site, function) = (self.realm().clone(), self.site(), self.callee(source));
        let signature = signature.clone();
        move |call| {
            // SAFETY: the realm's values are the engine's, as the function and the site are.
            let run = |args: &[Words]| unsafe { Self::call(realm.engine(), site, &function, args) };
            // SAFETY: the call is one of this signature, on the thread of the engine.
            unsafe { realm.answer(site, &signature, call, run) };
        }
    }
}
