//! JavaScriptCore behind hotcall's `Engine`: reads and makes the values that machine code does not handle.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use hotcall::engine::{Catch, Engine, EngineError, Kind, Output, Site, View, Words};

use crate::jsc_api::{Api, Context, Loaded, Text, Value, evaluate};

/// The services of JavaScriptCore that hotcall uses. Any thread may drop it, because that does nothing to the engine.
pub struct Jsc {
    pub(crate) loaded: &'static Loaded,
    /// The getter of `detached` of buffers, which has no function in C.
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

/// Returns the value of a script, which is kept from the collector.
///
/// # Safety
///
/// The context is the thread's, and the script does not throw.
pub(crate) unsafe fn keep(api: &Api, context: Context, source: &str) -> Value {
    // SAFETY: the caller promises a live context of the engine.
    unsafe {
        let value = evaluate(api, context, source).unwrap();
        (api.JSValueProtect)(context, value);
        value
    }
}

impl Jsc {
    /// Makes the services for a new context.
    ///
    /// # Safety
    ///
    /// The context is the thread's, and script has not run in it.
    pub(crate) unsafe fn new(loaded: &'static Loaded, context: Context) -> Self {
        // SAFETY: the caller promises a live context, where the language's objects are there.
        let keep = |source| unsafe { keep(&loaded.api, context, source) };
        Self {
            loaded,
            detached: keep("Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'detached').get"),
            type_error: keep("TypeError"),
            pins: Cell::default(),
            pinned: Cell::default(),
            collects: Cell::default(),
        }
    }

    pub(crate) const fn api(&self) -> &'static Api {
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
                _ => self.view_part(context, cell),
            }
        }
    }

    /// Returns the bytes of a typed array or a data view, unless the object is another one.
    ///
    /// # Safety
    ///
    /// The value is an object of the engine.
    unsafe fn view_part(&self, context: Context, object: Value) -> View {
        let (api, none) = (self.api(), ptr::null_mut());
        // SAFETY: the functions look at an object of their engine.
        unsafe {
            // Moves bytes out of the collector's memory that an array has there.
            let buffer = (api.JSObjectGetTypedArrayBuffer)(context, object, none);
            if buffer.is_null() {
                return View::Other(Kind::Object);
            }
            let offset = (api.JSObjectGetTypedArrayByteOffset)(context, object, none);
            let len = (api.JSObjectGetTypedArrayByteLength)(context, object, none);
            self.part(context, buffer, offset, len)
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
                // Data views, and arrays that the public enumeration does not have: Float16Array.
                _ => self.view_part(context, cell),
            }
        }
    }

    /// # Safety
    ///
    /// The buffer is the engine's. Unless it is detached, it has `len` bytes from `offset` on.
    unsafe fn part(&self, context: Context, buffer: Value, offset: usize, len: usize) -> View {
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
    pub(crate) unsafe fn pointer(&self, context: Context, address: *mut c_void) -> Value {
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

// SAFETY: nothing here runs script.
unsafe impl Catch for Jsc {
    unsafe fn catch(&self, site: Site, thrown: Words) -> JscThrown {
        // SAFETY: the caller promises that the engine has thrown this value.
        unsafe { self.thrown(site.context, value(thrown)) }
    }
}
