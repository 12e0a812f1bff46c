//! SpiderMonkey 102 through its C++ interface: a realm to run script in.
//!
//! The engine's own collector moves young objects. A program that embeds it has to give C bytes that do not move, and must
//! keep the values that it makes in roots that the collector updates. Here nothing moves (`spider_monkey.cc`), so that
//! values may be words.

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotcall::engine::{Realm, Record, Site, Words};

use crate::language::Language;
use crate::spider_monkey_api::{Api, RootedFunction};
use crate::spider_monkey_objects::{realm, show_pins};

pub use crate::spider_monkey_api::FLAGS;
pub use crate::spider_monkey_engine::{SpiderMonkey, SpiderMonkeyThrown};

/// The data of a function.
struct MonkeyRecord {
    record: *mut c_void,
    /// How many records are held.
    count: Arc<AtomicUsize>,
}

/// The finaliser of a function's data.
unsafe extern "C" fn drop_held(held: *mut c_void) {
    // SAFETY: the function that had it is gone.
    unsafe {
        let held = Box::from_raw(held.cast::<MonkeyRecord>());
        Record::finalize(held.record);
        held.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A context with one realm, to run script in.
pub struct SpiderMonkeyScript {
    /// Makes the functions that script calls.
    pub realm: Realm<SpiderMonkey>,
    /// The context that script runs in.
    pub context: *mut c_void,
    api: &'static Api,
    records: Arc<AtomicUsize>,
    /// The number of scripts that run, one inside another.
    running: Cell<usize>,
    /// The realm that the collector asks for pinned objects.
    _pins: Box<Realm<SpiderMonkey>>,
}

impl SpiderMonkeyScript {
    /// `None` where there is no SpiderMonkey 102 with its headers.
    ///
    /// # Panics
    ///
    /// The engine does not make a context.
    pub fn new() -> Option<Self> {
        Self::with_stack(512 * 1024)
    }

    /// How many records are held by functions.
    pub fn records(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.records)
    }

    /// A function for a record, which is dropped with it. It stays until script runs, if nothing else has it.
    ///
    /// # Panics
    ///
    /// Memory is missing.
    pub fn function(&self, name: &str, record: Record) -> u64 {
        let (entry, arity) = (record.entry(), record.arity() as u32);
        let name = CString::new(name).expect("names have no zeros");
        let held = Box::new(MonkeyRecord { record: record.into_raw(), count: self.records() });
        held.count.fetch_add(1, Ordering::Relaxed);
        let (held, mut value) = (Box::into_raw(held).cast(), 0);
        // SAFETY: the entry is a function of the engine's type, as the model says, and stays while the function does.
        let is_made =
            unsafe { (self.api.function)(self.context, name.as_ptr(), entry, arity, held, drop_held, &mut value) };
        assert!(is_made, "there is memory for a function");
        value
    }

    /// A function written in C++ for the engine: `JSNative`. It stays until script runs again, if nothing else has it.
    ///
    /// # Safety
    ///
    /// The address is that of such a function.
    ///
    /// # Panics
    ///
    /// Memory is missing.
    pub unsafe fn native(&self, name: &str, address: *const c_void, arity: u32) -> u64 {
        unsafe extern "C" fn nothing(_: *mut c_void) {}
        let name = CString::new(name).expect("names have no zeros");
        let mut value = 0;
        // SAFETY: the caller promises a function of the engine's type.
        let is_made = unsafe {
            (self.api.function)(self.context, name.as_ptr(), address, arity, ptr::null_mut(), nothing, &mut value)
        };
        assert!(is_made, "there is memory for a function");
        value
    }

    /// Gives the global object a property.
    ///
    /// # Panics
    ///
    /// The engine refuses.
    pub fn set_global(&self, name: &str, value: u64) {
        let name = CString::new(name).expect("names have no zeros");
        // SAFETY: the value is the engine's.
        assert!(unsafe { (self.api.set_global)(self.context, name.as_ptr(), value) }, "the global object takes it");
    }

    /// Makes a pointer object.
    ///
    /// # Panics
    ///
    /// Memory is missing.
    pub fn pointer(&self, address: *const c_void) -> u64 {
        let mut value = 0;
        // SAFETY: the context is the engine's.
        let is_made = unsafe { (self.api.make_pointer)(self.context, address.expose_provenance() as u64, &mut value) };
        assert!(is_made, "there is memory for an object");
        value
    }

    /// The value of a script, or what it threw. The value stays until script runs again, if nothing else has it.
    fn evaluate(&self, source: &str) -> Result<u64, SpiderMonkeyThrown> {
        let mut value = 0;
        let running = self.running.replace(self.running.get() + 1);
        // SAFETY: the context is this thread's. What was made for a script that has returned is not used any more.
        unsafe {
            if running == 0 {
                (self.api.forget)(self.context);
            }
            let is_made = (self.api.evaluate)(self.context, source.as_ptr(), source.len(), &mut value);
            self.running.set(running);
            self.realm.engine().made(self.context, is_made, value).map(|words| words[0])
        }
    }

    /// The value of a script, which stays until script runs again, if nothing else has it.
    ///
    /// # Panics
    ///
    /// The script throws.
    pub fn value(&self, source: &str) -> u64 {
        match self.evaluate(source) {
            Ok(value) => value,
            Err(thrown) => panic!("{}", self.thrown_text(&thrown)),
        }
    }

    fn thrown_text(&self, thrown: &SpiderMonkeyThrown) -> String {
        // SAFETY: the exception is kept.
        self.text(unsafe { (self.api.thrown)(thrown.rooted) })
    }

    /// Returns a value as a string.
    fn text(&self, value: u64) -> String {
        let mut bytes = vec![0; 256];
        loop {
            // SAFETY: the value is the engine's; there is room for the length that is passed.
            let len = unsafe { (self.api.text)(self.context, value, bytes.as_mut_ptr(), bytes.len()) };
            assert_ne!(len, usize::MAX, "the value has a text");
            let has_room = len <= bytes.len();
            bytes.resize(len, 0);
            if has_room {
                return String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }

    /// The number of values that are kept for Rust.
    pub fn made(&self) -> usize {
        // SAFETY: the context is the engine's.
        unsafe { (self.api.made)(self.context) }
    }

    /// Collects what script cannot reach.
    pub fn collect_garbage(&self) {
        self.collector()();
    }
}

// SAFETY: the realm was made for the context. The function is the one of the model: it calls script with arguments that the context
// keeps. Nothing moves.
unsafe impl Language for SpiderMonkeyScript {
    type Engine = SpiderMonkey;
    type Callee = RootedFunction;

    const COLLECTS_EXACTLY: bool = true;

    /// # Panics
    ///
    /// The engine does not make a context.
    fn with_stack(bytes: usize) -> Option<Self> {
        let api = Api::get()?;
        // SAFETY: a new context on this thread, used there alone.
        let context = unsafe { (api.new)(bytes) };
        assert!(!context.is_null(), "the engine makes a context");
        // SAFETY: the context is new.
        let realm = unsafe { realm(SpiderMonkey::new(api), api, context) }.expect("the model makes sense");
        let pins = Box::new(realm.clone());
        // SAFETY: the context is alive, and freed before the realm in the box.
        unsafe { show_pins(api, context, &pins) };
        Some(Self { realm, context, api, records: Arc::default(), running: Cell::default(), _pins: pins })
    }

    fn realm(&self) -> &Realm<SpiderMonkey> {
        &self.realm
    }

    fn site(&self) -> Site {
        Site::new(self.context)
    }

    fn run(&self, source: &str) -> Result<String, String> {
        match self.evaluate(source) {
            Ok(value) => Ok(self.text(value)),
            Err(thrown) => Err(self.thrown_text(&thrown)),
        }
    }

    fn set_function(&self, name: &str, record: Record) {
        self.set_global(name, self.function(name, record));
    }

    fn set_pointer(&self, name: &str, address: *const c_void) {
        self.set_global(name, self.pointer(address));
    }

    fn callee(&self, source: &str) -> RootedFunction {
        // SAFETY: the context is the engine's, and so is the function.
        unsafe { RootedFunction::new(self.api, self.context, self.value(source)) }
    }

    fn words(function: &RootedFunction) -> Words {
        [function.value(), 0]
    }

    fn call_function(&self) -> *const c_void {
        self.api.call_function as *const c_void
    }

    unsafe fn call(
        engine: &SpiderMonkey,
        site: Site,
        function: &RootedFunction,
        args: &[Words],
    ) -> Result<Words, SpiderMonkeyThrown> {
        // SAFETY: the caller promises values of the engine. The caller of the callback keeps the arguments.
        unsafe { engine.call(site.context, function.value(), args) }
    }

    fn pins(&self) -> usize {
        self.realm.engine().pins.get()
    }

    fn collector(&self) -> impl Fn() + 'static + use<> {
        let (api, context) = (self.api, self.context);
        // SAFETY: the context is this thread's.
        move || unsafe { (api.gc)(context) }
    }

    fn collect_at_each_step(&self) {
        // SAFETY: the context is this thread's.
        unsafe { (self.api.set_collects)(self.context, true) };
    }
}

impl Drop for SpiderMonkeyScript {
    fn drop(&mut self) {
        drop(self.realm.take_exception());
        // SAFETY: nothing of the engine is used any more.
        unsafe { (self.api.free)(self.context) };
    }
}
