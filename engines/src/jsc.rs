//! JavaScriptCore through its C API: a realm to run script in.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotcall::engine::{Realm, Record, Site, Words};

use crate::jsc_api::{Api, Context, Held, Loaded, ProtectedFunction, Text, evaluate};
use crate::jsc_engine::keep;
use crate::jsc_objects::realm;
use crate::language::Language;

pub use crate::jsc_api::Value;
pub use crate::jsc_engine::{Jsc, JscThrown, value, words};

/// A virtual machine with one context, to run script in.
pub struct JscScript {
    /// Makes the functions that script calls.
    pub realm: Realm<Jsc>,
    /// The context that script runs in.
    pub context: Context,
    api: &'static Api,
    /// The property of functions that keeps their record.
    key: Value,
    records: Arc<AtomicUsize>,
}

impl JscScript {
    /// Returns `None` if JavaScriptCore is not installed.
    pub fn new() -> Option<Self> {
        let loaded = Loaded::get()?;
        let api = &loaded.api;
        // SAFETY: a new virtual machine on this thread, used there alone.
        unsafe {
            let context = (api.JSGlobalContextCreate)(ptr::null_mut());
            let engine = Jsc::new(loaded, context);
            // The system takes back memory of a buffer that shrinks, even while C works on it.
            keep(api, context, "delete ArrayBuffer.prototype.resize");
            let key = keep(api, context, "Symbol('record')");
            let realm = realm(engine, context).unwrap();
            // Tests call few functions often enough. The conformance kit changes this.
            realm.compile_policy().set_after(0);
            Some(Self { realm, context, api, key, records: Arc::default() })
        }
    }

    /// The file name of the engine's library; `None` if it is not installed.
    pub fn library() -> Option<&'static str> {
        Some(Loaded::get()?.file)
    }

    /// Makes a function of script of a native function.
    ///
    /// # Safety
    ///
    /// The address is that of a function of the engine's type.
    pub unsafe fn native(&self, name: &str, address: *const c_void) -> Value {
        let name = Text::new(self.api, name);
        // SAFETY: the caller promises a function of the engine's type.
        unsafe { (self.api.JSObjectMakeFunctionWithCallback)(self.context, name.text, address) }
    }

    /// The number of records that functions hold.
    pub fn records(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.records)
    }

    /// A function for a record, which is dropped with it. The function has a property that script cannot change: an object that
    /// drops the record.
    pub fn function(&self, name: &str, record: Record) -> Value {
        const READ_ONLY_HIDDEN_LASTING: u32 = 2 | 4 | 8;
        let (api, context) = (self.api, self.context);
        let entry = record.entry();
        let held = Box::new(Held { record: record.into_raw(), count: self.records() });
        held.count.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the entry is a function of the engine's type, as the model says, and stays while the function does.
        // The values are on the stack, where the engine sees them, until the function is returned.
        unsafe {
            let holder = (api.JSObjectMake)(context, self.realm.engine().loaded.holders, Box::into_raw(held).cast());
            let name = Text::new(api, name);
            let function = (api.JSObjectMakeFunctionWithCallback)(context, name.text, entry);
            let (key, mut exception) = (self.key, ptr::null_mut());
            (api.JSObjectSetPropertyForKey)(context, function, key, holder, READ_ONLY_HIDDEN_LASTING, &mut exception);
            assert!(exception.is_null());
            function
        }
    }

    /// Gives the global object a property.
    ///
    /// # Safety
    ///
    /// The value is one of this engine's.
    pub unsafe fn set_global(&self, name: &str, value: Value) {
        let mut exception = ptr::null_mut();
        // SAFETY: the value is the engine's.
        unsafe {
            let global = (self.api.JSContextGetGlobalObject)(self.context);
            let name = Text::new(self.api, name);
            (self.api.JSObjectSetProperty)(self.context, global, name.text, value, 0, &mut exception);
        }
        assert!(exception.is_null());
    }

    /// Makes a pointer object.
    pub fn pointer(&self, address: *const c_void) -> Value {
        // SAFETY: the context is the engine's.
        unsafe { self.realm.engine().pointer(self.context, address.cast_mut()) }
    }

    /// The value of a script.
    pub fn value(&self, source: &str) -> Value {
        // SAFETY: the context is this thread's.
        unsafe { evaluate(self.api, self.context, source) }.unwrap()
    }

    /// Returns a value as a string.
    fn text(&self, value: Value) -> String {
        let (api, context) = (self.api, self.context);
        // SAFETY: the value is the engine's; there is room for its text.
        unsafe {
            let text = (api.JSValueToStringCopy)(context, value, ptr::null_mut());
            assert!(!text.is_null());
            let text = Text { api, text };
            let mut bytes = vec![0_u8; (api.JSStringGetMaximumUTF8CStringSize)(text.text)];
            let len = (api.JSStringGetUTF8CString)(text.text, bytes.as_mut_ptr().cast(), bytes.len());
            bytes.truncate(len - 1);
            String::from_utf8(bytes).unwrap()
        }
    }

    /// Collects values that script cannot reach.
    pub fn collect_garbage(&self) {
        self.collector()();
    }
}

// SAFETY: the realm was made for the context. The function is the one of the model. A protected function does not move.
unsafe impl Language for JscScript {
    type Engine = Jsc;
    type Callee = ProtectedFunction;

    const COLLECTS_EXACTLY: bool = false;

    /// The engine takes its limit from the environment when it begins.
    fn with_stack(_: usize) -> Option<Self> {
        Self::new()
    }

    fn realm(&self) -> &Realm<Jsc> {
        &self.realm
    }

    fn site(&self) -> Site {
        Site::new(self.context)
    }

    fn run(&self, source: &str) -> Result<String, String> {
        // SAFETY: the context is this thread's.
        let value = unsafe { evaluate(self.api, self.context, source) };
        value.map(|value| self.text(value)).map_err(|thrown| self.text(thrown))
    }

    fn set_function(&self, name: &str, record: Record) {
        // SAFETY: the function is this engine's.
        unsafe { self.set_global(name, self.function(name, record)) };
    }

    fn set_pointer(&self, name: &str, address: *const c_void) {
        // SAFETY: the engine made the pointer object.
        unsafe { self.set_global(name, self.pointer(address)) };
    }

    fn callee(&self, source: &str) -> ProtectedFunction {
        // SAFETY: the context is the engine's, and so is the function.
        unsafe { ProtectedFunction::new(self.api, self.context, self.value(source)) }
    }

    fn words(function: &ProtectedFunction) -> Words {
        words(function.value())
    }

    fn call_function(&self) -> *const c_void {
        self.api.JSObjectCallAsFunction as *const c_void
    }

    unsafe fn call(engine: &Jsc, site: Site, function: &ProtectedFunction, args: &[Words]) -> Result<Words, JscThrown> {
        // SAFETY: the caller promises values of the engine.
        unsafe { engine.call(site.context, function.value(), args) }
    }

    fn pins(&self) -> usize {
        self.realm.engine().pins.get()
    }

    fn collector(&self) -> impl Fn() + 'static + use<> {
        let (api, context) = (self.api, self.context);
        // SAFETY: the context is this thread's.
        move || unsafe { (api.JSSynchronousGarbageCollectForDebugging)(context) }
    }

    fn collect_at_each_step(&self) {
        self.realm.engine().collects.set(true);
    }
}

impl Drop for JscScript {
    fn drop(&mut self) {
        // SAFETY: the engine is not used after this. Protected values go with it.
        unsafe { (self.api.JSGlobalContextRelease)(self.context) };
    }
}
