//! The engines for JavaScript by one interface, for tests that run in each of them.

use std::ffi::c_void;

use hotcall::engine::{Catch, Engine, EngineCallback, EngineThunk, Realm, Record, Site, Words};
use hotcall::{
    Call, Callback, CallbackError, Dispatch, ForeignCall, Function, LocalCallback, LocalOptions, Signature, Thunk,
};

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
///
/// # Safety
///
/// * The realm, the site and the functions of script are of one context, whose script runs on this value's thread.
/// * [`call_function`](Self::call_function) returns the engine's function that [`Realm::thunk`] asks for.
/// * [`words`](Self::words) returns a function that the call function can call. It stays valid, and its value does not change, as
///   long as its `Callee` lives.
pub unsafe trait Language: Sized + 'static {
    /// The realm's engine.
    type Engine: Catch + 'static;

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

    /// The value of a function of script.
    fn words(function: &Self::Callee) -> Words;

    /// The address of the engine's function that calls functions of script.
    fn call_function(&self) -> *const c_void;

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

    /// Makes the code for callbacks of this signature that are functions of script.
    ///
    /// # Errors
    ///
    /// The errors of [`Realm::thunk`].
    fn thunk(&self, signature: &Signature) -> Result<EngineThunk<Self::Engine>, CallbackError> {
        // SAFETY: the trait's contract says that this is the function which the model describes.
        unsafe { self.realm().thunk(signature, self.call_function()) }
    }

    /// Makes a callback of the function that a script returns. The callback must not outlive the script.
    ///
    /// # Errors
    ///
    /// There is no memory for the callback.
    fn callback(
        &self,
        thunk: &EngineThunk<Self::Engine>,
        source: &str,
        options: LocalOptions,
        dispatch: impl Dispatch,
    ) -> Result<EngineCallback, CallbackError> {
        let callee = self.callee(source);
        // SAFETY: the trait's contract says that the context and the function are of one engine, and that the callee keeps the
        // function. The caller keeps the script longer than the callback.
        unsafe { thunk.callback(options, dispatch, self.site().context, Self::words(&callee), callee) }
    }

    /// Makes a callback of the function that a script returns. Calls on other threads are refused.
    ///
    /// # Errors
    ///
    /// There is no memory for the callback.
    fn engine_callback(&self, signature: &Signature, source: &str) -> Result<EngineCallback, CallbackError> {
        let refuse = Err::<(), ForeignCall>;
        self.callback(&self.thunk(signature)?, source, LocalOptions::default(), refuse)
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
            // SAFETY: the trait's contract says that the site and the function are of the realm's engine.
            let run = |args: &[Words]| unsafe { Self::call(realm.engine(), site, &function, args) };
            // SAFETY: the call is one of this signature, on the thread of the engine.
            unsafe { realm.answer(site, &signature, call, run) };
        }
    }
}
