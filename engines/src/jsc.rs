//! JavaScriptCore through its C API: the engine's part of hotcall's values, and a realm to run script in.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotcall::Function;
use hotcall::engine::{Engine, EngineError, Kind, Output, Realm, Record, Site, View, Words, nanbox};

use crate::jsc_api::{Api, Context, Held, Loaded, Text, evaluate};

pub use crate::jsc_api::Value;

/// The services of JavaScriptCore that hotcall uses. Any thread may drop it, because that does nothing to the engine.
pub struct Jsc {
    loaded: &'static Loaded,
    /// `buffer`, `byteOffset` and `byteLength` of data views, and `detached` of buffers, which have no function in C.
    data_view: [Value; 3],
    detached: Value,
    type_error: Value,
    /// The number of pins that there are.
    pub pins: Cell<usize>,
    /// The number of pins that there have been.
    pub pinned: Cell<usize>,
    /// True if garbage is collected whenever machine code asks for a view or a value, for tests.
    pub collects: Cell<bool>,
}

/// A value that was thrown, protected from the collector until it is thrown on.
pub struct JscThrown(pub Value);

/// The words of a value.
pub fn words(value: Value) -> Words {
    [value as u64, 0]
}

/// The value of two words.
pub const fn value(words: Words) -> Value {
    words[0] as Value
}

impl Jsc {
    const fn api(&self) -> &'static Api {
        &self.loaded.api
    }

    /// A place where the collector may run.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    unsafe fn step(&self, context: Context) {
        if self.collects.get() {
            // SAFETY: the caller promises a context of the engine.
            unsafe { (self.api().JSSynchronousGarbageCollectForDebugging)(context) };
        }
    }

    /// Returns the value, or the exception.
    ///
    /// # Safety
    ///
    /// The values are the engine's.
    unsafe fn made(&self, context: Context, value: Value, exception: Value) -> Result<Words, JscThrown> {
        if exception.is_null() && !value.is_null() {
            return Ok(words(value));
        }
        // SAFETY: the caller promises a live exception of the engine.
        unsafe { Err(self.thrown(context, exception)) }
    }

    /// # Safety
    ///
    /// The value is the engine's.
    pub unsafe fn thrown(&self, context: Context, value: Value) -> JscThrown {
        // SAFETY: the caller promises a live value of the engine.
        unsafe { (self.api().JSValueProtect)(context, value) };
        JscThrown(value)
    }

    /// Returns the value of one of the engine's own getters of an object, unless it throws.
    ///
    /// # Safety
    ///
    /// The object is the engine's.
    unsafe fn get(&self, context: Context, getter: Value, object: Value) -> Option<Value> {
        let mut exception = ptr::null_mut();
        // SAFETY: the getter is the engine's, and runs no script.
        let value =
            unsafe { (self.api().JSObjectCallAsFunction)(context, getter, object, 0, ptr::null(), &mut exception) };
        exception.is_null().then_some(value)
    }

    /// Calls a function of script. An error is the exception that it threw.
    ///
    /// # Safety
    ///
    /// The context and the values are the engine's.
    pub unsafe fn call(&self, context: Context, function: Value, args: &[Words]) -> Result<Words, JscThrown> {
        let args: Vec<_> = args.iter().map(|&words| value(words)).collect();
        let (this, mut exception) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the caller promises live values, which its own caller has on the stack too.
        unsafe {
            let (args, len) = (args.as_ptr(), args.len());
            let value = (self.api().JSObjectCallAsFunction)(context, function, this, len, args, &mut exception);
            self.made(context, value, exception)
        }
    }

    /// # Safety
    ///
    /// The value is a cell of the engine: an object, a string or another value that is not in its words alone.
    unsafe fn view_cell(&self, context: Context, cell: Value) -> View {
        const ARRAY_BUFFER: u32 = 9;
        const NONE: u32 = 10;
        let (api, none) = (self.api(), ptr::null_mut());
        // SAFETY: the functions look at a cell of their engine.
        unsafe {
            match (api.JSValueGetTypedArrayType)(context, cell, none) {
                ARRAY_BUFFER => {
                    let len = (api.JSObjectGetArrayBufferByteLength)(context, cell, none);
                    self.part(context, cell, 0, len)
                }
                NONE => self.view_other(context, cell),
                _ => {
                    // Moves bytes out of the collector's memory that an array has there.
                    let buffer = (api.JSObjectGetTypedArrayBuffer)(context, cell, none);
                    let offset = (api.JSObjectGetTypedArrayByteOffset)(context, cell, none);
                    let len = (api.JSObjectGetTypedArrayByteLength)(context, cell, none);
                    self.part(context, buffer, offset, len)
                }
            }
        }
    }

    /// # Safety
    ///
    /// The value is a cell of the engine, not a typed array or a buffer.
    unsafe fn view_other(&self, context: Context, cell: Value) -> View {
        const STRING: u32 = 4;
        const SYMBOL: u32 = 6;
        const BIG_INT: u32 = 7;
        let (api, none) = (self.api(), ptr::null_mut());
        // SAFETY: the functions look at a cell of their engine.
        unsafe {
            match (api.JSValueGetType)(context, cell) {
                STRING => View::Other(Kind::String),
                SYMBOL => View::Other(Kind::Symbol),
                BIG_INT => View::BigInt((api.JSValueToUInt64)(context, cell, none)),
                _ if (api.JSValueIsObjectOfClass)(context, cell, self.loaded.pointers) => {
                    View::Pointer((api.JSObjectGetPrivate)(cell))
                }
                _ if (api.JSObjectIsFunction)(context, cell) => View::Other(Kind::Function),
                _ => match self.get(context, self.data_view[0], cell) {
                    Some(buffer) => {
                        let [offset, len] = [1, 2].map(|index| {
                            let number = self.get(context, self.data_view[index], cell)?;
                            Some((api.JSValueToNumber)(context, number, none) as usize)
                        });
                        self.part(context, buffer, offset.unwrap_or(0), len.unwrap_or(0))
                    }
                    None => View::Other(Kind::Object),
                },
            }
        }
    }

    /// # Safety
    ///
    /// The buffer is the engine's, or null if there is no memory for it. Unless it is detached, it has `len` bytes from
    /// `offset` on.
    unsafe fn part(&self, context: Context, buffer: Value, offset: usize, len: usize) -> View {
        if buffer.is_null() {
            return View::Other(Kind::Object);
        }
        // SAFETY: the caller promises a live buffer. This asks for its address, so the engine detaches it later only if it
        // is WebAssembly's memory, which has no address here. Script cannot resize buffers.
        unsafe {
            let address = (self.api().JSObjectGetArrayBufferBytesPtr)(context, buffer, ptr::null_mut());
            if len > 0 {
                let bytes = View::Bytes { address: address.wrapping_add(offset), len };
                return if address.is_null() { View::Other(Kind::Object) } else { bytes };
            }
            // A detached buffer has no bytes. Others may have none too.
            let detached = self.get(context, self.detached, buffer);
            if detached.is_some_and(|detached| (self.api().JSValueToBoolean)(context, detached)) {
                return View::Other(Kind::DetachedBuffer);
            }
            View::Bytes { address: address.wrapping_add(offset), len }
        }
    }

    /// # Safety
    ///
    /// The context is one of the engine's.
    unsafe fn pointer(&self, context: Context, address: *mut c_void) -> Value {
        // SAFETY: the class is one for addresses.
        unsafe { (self.api().JSObjectMake)(context, self.loaded.pointers, address) }
    }
}

// SAFETY: views of bytes are the engine's own answers. No script runs here, so that bytes stay until C is called. Dropping the
// engine does nothing.
unsafe impl Engine for Jsc {
    type Exception = JscThrown;

    unsafe fn view(&self, site: Site, words: Words) -> View {
        const NUMBER_TAG: u64 = 0xfffe_0000_0000_0000;
        const DOUBLE_OFFSET: u64 = 0x0002_0000_0000_0000;
        let value = value(words);
        // SAFETY: the site is the engine's.
        unsafe { self.step(site.context) };
        match words[0] {
            2 => View::Null,
            6 => View::Boolean(false),
            7 => View::Boolean(true),
            10 => View::Undefined,
            bits @ NUMBER_TAG.. => View::Number((bits as i32).into()),
            bits @ DOUBLE_OFFSET.. => View::Number(f64::from_bits(bits - DOUBLE_OFFSET)),
            // SAFETY: all others are addresses of the engine's cells.
            _ => unsafe { self.view_cell(site.context, value) },
        }
    }

    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, JscThrown> {
        const UINT8_ARRAY: u32 = 3;
        let (api, context) = (self.api(), site.context);
        let mut exception = ptr::null_mut();
        // SAFETY: the context is one of the engine's.
        unsafe {
            self.step(context);
            let value = match output {
                Output::I64(number) => (api.JSBigIntCreateWithInt64)(context, number, &mut exception),
                Output::U64(number) => (api.JSBigIntCreateWithUInt64)(context, number, &mut exception),
                Output::Pointer(address, _) => self.pointer(context, address.cast_mut()),
                Output::Bytes(bytes) => {
                    let array = (api.JSObjectMakeTypedArray)(context, UINT8_ARRAY, bytes.len(), &mut exception);
                    if exception.is_null() {
                        let to = (api.JSObjectGetTypedArrayBytesPtr)(context, array, ptr::null_mut());
                        to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                    }
                    array
                }
                // The model has classes for these.
                Output::Number(_) | Output::Boolean(_) | Output::Null | _ => {
                    return Err(self.exception(site, &output.no_value()));
                }
            };
            self.made(context, value, exception)
        }
    }

    unsafe fn exception(&self, site: Site, error: &EngineError) -> JscThrown {
        let (api, context) = (self.api(), site.context);
        // SAFETY: the context is one of the engine's, and the constructor its own.
        unsafe {
            let text = Text::new(api, &error.to_string());
            let message = (api.JSValueMakeString)(context, text.text);
            let mut exception = ptr::null_mut();
            let error = (api.JSObjectCallAsConstructor)(context, self.type_error, 1, &message, &mut exception);
            self.thrown(context, if exception.is_null() { error } else { exception })
        }
    }

    unsafe fn throw(&self, site: Site, JscThrown(value): JscThrown) {
        // SAFETY: the site is that of a call. The engine finds the value on the stack, where the address leads.
        unsafe {
            *site.exception.cast::<Value>() = value;
            (self.api().JSValueUnprotect)(site.context, value);
        }
    }

    /// The engine keeps the arguments of a running function, and their bytes stay (see `part`). So this only counts, for
    /// tests.
    unsafe fn pin(&self, _site: Site, words: Words) -> Option<usize> {
        self.pins.set(self.pins.get() + 1);
        self.pinned.set(self.pinned.get() + 1);
        Some(words[0] as usize)
    }

    unsafe fn unpin(&self, _site: Site, _pin: usize) {
        self.pins.set(self.pins.get() - 1);
    }
}

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
            let keep = |source: &str| {
                let value = evaluate(api, context, source).unwrap();
                (api.JSValueProtect)(context, value);
                value
            };
            let getter = |class: &str, name: &str| {
                keep(&format!("Object.getOwnPropertyDescriptor({class}.prototype, '{name}').get"))
            };
            let engine = Jsc {
                loaded,
                data_view: ["buffer", "byteOffset", "byteLength"].map(|name| getter("DataView", name)),
                detached: getter("ArrayBuffer", "detached"),
                type_error: keep("TypeError"),
                pins: Cell::default(),
                pinned: Cell::default(),
                collects: Cell::default(),
            };
            // The system takes back memory of a buffer that shrinks, even while C works on it.
            keep("delete ArrayBuffer.prototype.resize");
            let key = keep("Symbol('record')");
            let realm = Realm::new(engine, nanbox::javascript_core()).unwrap();
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

    /// The site of calls from outside of script.
    pub fn site(&self) -> Site {
        Site::new(self.context)
    }

    /// The number of records that functions hold.
    pub fn records(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.records)
    }

    /// Makes a C function global.
    pub fn define(&self, name: &str, function: &Function) {
        // SAFETY: the tests pass values that their functions take.
        let record = unsafe { self.realm.record(function) }.unwrap();
        // SAFETY: the function is this engine's.
        unsafe { self.set_global(name, self.function(name, record)) };
    }

    /// Makes a C function global that writes its result into a buffer.
    pub fn define_into(&self, name: &str, function: &Function) {
        // SAFETY: the tests pass values that their functions take.
        let record = unsafe { self.realm.record_into(function) }.unwrap();
        // SAFETY: the function is this engine's.
        unsafe { self.set_global(name, self.function(name, record)) };
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

    /// The result of a script as a string. An error is the exception as a string.
    pub fn run(&self, source: &str) -> Result<String, String> {
        // SAFETY: the context is this thread's.
        let value = unsafe { evaluate(self.api, self.context, source) };
        value.map(|value| self.text(value)).map_err(|thrown| self.text(thrown))
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

    /// A value that collects garbage as long as it lives.
    pub fn collector(&self) -> impl Fn() + use<> {
        let (api, context) = (self.api, self.context);
        // SAFETY: the context is this thread's.
        move || unsafe { (api.JSSynchronousGarbageCollectForDebugging)(context) }
    }
}

impl Drop for JscScript {
    fn drop(&mut self) {
        // SAFETY: the engine is not used after this. Protected values go with it.
        unsafe { (self.api.JSGlobalContextRelease)(self.context) };
    }
}
