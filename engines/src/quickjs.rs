//! QuickJS through its C API: the engine's part of hotcall's values, and a realm to run script in.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};
use std::{ptr, slice, str};

use hotcall::Function;
use hotcall::engine::{Engine, EngineError, Kind, Output, Realm, Record, Site, View, Words, quickjs};
use rquickjs_sys as js;

use crate::quickjs_values::{self, Thrown, value};

/// The services of QuickJS that hotcall uses.
pub struct QuickJs {
    /// The class of pointer objects, whose opaque pointer is the address.
    pub pointers: js::JSClassID,
    /// The class of `SharedArrayBuffer`, for which there is no test in C.
    shared_buffers: js::JSClassID,
    /// True if arguments with bytes are kept. The engine itself keeps them while a call runs, so pins are for tests.
    pins_arguments: bool,
    /// `buffer`, `byteOffset` and `byteLength` of data views, which have no function in C.
    data_view: [js::JSValue; 3],
    /// The number of pins that there are.
    pub pins: Cell<usize>,
    /// The number of pins that there have been.
    pub pinned: Cell<usize>,
}

fn context(site: Site) -> *mut js::JSContext {
    site.context.cast()
}

impl QuickJs {
    /// # Safety
    ///
    /// The value is an object of this engine.
    #[inline]
    unsafe fn view_object(&self, context: *mut js::JSContext, object: js::JSValue) -> View {
        // SAFETY: these functions look at a value of their engine. Those that may throw are followed by a look whether they did.
        unsafe {
            let mut len = 0;
            match js::JS_GetTypedArrayType(object) {
                // Not a typed array.
                -1 if !js::JS_GetOpaque(object, self.pointers).is_null() => {
                    View::Pointer(js::JS_GetOpaque(object, self.pointers))
                }
                -1 if js::JS_IsArrayBuffer(object) || js::JS_GetClassID(object) == self.shared_buffers => {
                    let address = js::JS_GetArrayBuffer(context, &mut len, object);
                    self.bytes(context, address, len as usize)
                }
                -1 if js::JS_IsDataView(object) => self.view_data_view(context, object),
                -1 if js::JS_IsFunction(context, object) => View::Other(Kind::Function),
                -1 => View::Other(Kind::Object),
                _ => {
                    let (mut offset, mut bytes, mut element) = (0, 0, 0);
                    let buffer = js::JS_GetTypedArrayBuffer(context, object, &mut offset, &mut bytes, &mut element);
                    self.part(context, buffer, offset as usize, bytes as usize)
                }
            }
        }
    }

    /// # Safety
    ///
    /// The buffer belongs to the caller, or is the exception.
    #[inline]
    unsafe fn part(&self, context: *mut js::JSContext, buffer: js::JSValue, offset: usize, len: usize) -> View {
        // SAFETY: the caller promises a live buffer. It has `len` bytes from `offset` on unless it is detached.
        unsafe {
            let mut whole = 0;
            let address = js::JS_GetArrayBuffer(context, &mut whole, buffer);
            js::JS_FreeValue(context, buffer);
            let address = if address.is_null() { address } else { address.add(offset) };
            self.bytes(context, address, if offset + len <= whole as usize { len } else { 0 })
        }
    }

    /// # Safety
    ///
    /// The object is a data view.
    unsafe fn view_data_view(&self, context: *mut js::JSContext, object: js::JSValue) -> View {
        // SAFETY: the getters are the engine's own, and run no script.
        unsafe {
            let [buffer, offset, len] =
                self.data_view.map(|getter| js::JS_Call(context, getter, object, 0, ptr::null_mut()));
            if [offset, len].into_iter().any(|value| js::JS_IsException(value)) {
                js::JS_FreeValue(context, buffer);
                return self.bytes(context, ptr::null_mut(), 0);
            }
            self.part(context, buffer, js::JS_VALUE_GET_INT(offset) as usize, js::JS_VALUE_GET_INT(len) as usize)
        }
    }

    /// Bytes, unless the engine threw because they went elsewhere.
    ///
    /// # Safety
    ///
    /// There are so many bytes if nothing was thrown.
    #[inline]
    unsafe fn bytes(&self, context: *mut js::JSContext, address: *mut u8, len: usize) -> View {
        // SAFETY: taking what was thrown is always allowed.
        unsafe {
            if address.is_null() && js::JS_HasException(context) {
                js::JS_FreeValue(context, js::JS_GetException(context));
                return View::Other(Kind::DetachedBuffer);
            }
        }
        View::Bytes { address, len }
    }

    /// Calls a function of script.
    ///
    /// # Safety
    ///
    /// The context and the values are the engine's.
    pub unsafe fn call(
        &self,
        context: *mut js::JSContext,
        function: js::JSValue,
        args: &[Words],
    ) -> Result<Words, Thrown> {
        const { assert!(size_of::<Words>() == size_of::<js::JSValue>()) };
        // SAFETY: the caller promises live values. They are as long as words and are not written to.
        unsafe {
            let argv = args.as_ptr().cast::<js::JSValue>().cast_mut();
            quickjs_values::returned(context, js::JS_Call(context, function, js::JS_UNDEFINED, args.len() as i32, argv))
        }
    }

    /// # Safety
    ///
    /// The context is one of the engine's.
    pub unsafe fn pointer(&self, context: *mut js::JSContext, address: *mut c_void) -> js::JSValue {
        // SAFETY: the class is registered.
        unsafe {
            let object = js::JS_NewObjectClass(context, self.pointers);
            if !js::JS_IsException(object) {
                js::JS_SetOpaque(object, address);
            }
            object
        }
    }
}

// SAFETY: what is said of bytes is what the engine says; nothing here runs script, so that nothing changes until C is called.
unsafe impl Engine for QuickJs {
    type Exception = Thrown;

    #[inline]
    unsafe fn view(&self, site: Site, words: Words) -> View {
        let (context, value) = (context(site), value(words));
        // SAFETY: the value is one of the engine's, and looked at as an object if it is one.
        unsafe { quickjs_values::view(context, value, || self.view_object(context, value)) }
    }

    #[inline]
    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, Thrown> {
        let context = context(site);
        // SAFETY: the context is one of the engine's.
        unsafe {
            let made = quickjs_values::make(context, &output, |address| self.pointer(context, address.cast_mut()));
            made.unwrap_or_else(|| Err(self.exception(site, &output.no_value())))
        }
    }

    unsafe fn exception(&self, site: Site, error: &EngineError) -> Thrown {
        let message = error.to_string();
        let context = context(site);
        // SAFETY: the format takes a length and as many bytes.
        let value = unsafe { js::JS_NewTypeError(context, c"%.*s".as_ptr(), message.len() as i32, message.as_ptr()) };
        // SAFETY: the error belongs to this function, and its context lives.
        unsafe { Thrown::new(context, value) }
    }

    unsafe fn throw(&self, site: Site, thrown: Thrown) {
        // SAFETY: the value is one of the engine's, and belongs to it now.
        unsafe { js::JS_Throw(context(site), thrown.into_value()) };
    }

    unsafe fn pin(&self, site: Site, words: Words) -> Option<usize> {
        if !self.pins_arguments {
            return None;
        }
        self.pins.set(self.pins.get() + 1);
        self.pinned.set(self.pinned.get() + 1);
        // SAFETY: the value is an object of the engine.
        unsafe { js::JS_DupValue(context(site), value(words)) };
        Some(words[0] as usize)
    }

    unsafe fn unpin(&self, site: Site, pin: usize) {
        self.pins.set(self.pins.get() - 1);
        // SAFETY: the pin is the address of an object that was kept.
        unsafe { js::JS_FreeValue(context(site), value([pin as u64, js::JS_TAG_OBJECT as u64])) };
    }

    unsafe fn release(&self, site: Site, words: Words) {
        // SAFETY: the value belongs to the caller.
        unsafe { js::JS_FreeValue(context(site), value(words)) };
    }
}

/// A runtime with one context, to run script in.
pub struct Script {
    /// Makes the functions that script calls.
    pub realm: Realm<QuickJs>,
    runtime: *mut js::JSRuntime,
    /// The context that script runs in.
    pub context: *mut js::JSContext,
    data_view: [js::JSValue; 3],
}

impl Default for Script {
    /// A runtime whose engine keeps arguments with bytes.
    fn default() -> Self {
        Self::with_pins(true)
    }
}

impl Script {
    /// One that keeps arguments with bytes, or leaves that to the engine.
    pub fn with_pins(pins_arguments: bool) -> Self {
        // SAFETY: a new runtime on this thread, used there alone.
        unsafe {
            let runtime = js::JS_NewRuntime();
            let context = js::JS_NewContext(runtime);
            let mut pointers = 0;
            js::JS_NewClassID(runtime, &mut pointers);
            let class = js::JSClassDef {
                class_name: c"Pointer".as_ptr(),
                finalizer: None,
                gc_mark: None,
                call: None,
                exotic: ptr::null_mut(),
            };
            assert_eq!(js::JS_NewClass(runtime, pointers, &class), 0);
            js::JS_SetClassProto(context, pointers, js::JS_NewObject(context));
            let data_view = ["buffer", "byteOffset", "byteLength"].map(|name| {
                let source = format!("Object.getOwnPropertyDescriptor(DataView.prototype, '{name}').get");
                evaluate(context, &source)
            });
            let shared = evaluate(context, "new SharedArrayBuffer(0)");
            let shared_buffers = js::JS_GetClassID(shared);
            js::JS_FreeValue(context, shared);
            let (pins, pinned) = Default::default();
            let engine = QuickJs { pointers, shared_buffers, pins_arguments, data_view, pins, pinned };
            let realm = Realm::new(engine, quickjs::model()).unwrap();
            Self { realm, runtime, context, data_view }
        }
    }

    /// The site of calls from outside of script.
    pub fn site(&self) -> Site {
        Site::new(self.context.cast())
    }

    /// Makes a C function global.
    pub fn define(&self, name: &str, function: &Function) {
        // SAFETY: the tests' functions take what the tests pass.
        let record = unsafe { self.realm.record(function) }.unwrap();
        let value = self.closure(name, record);
        self.set_global(name, value);
    }

    /// A function for a record.
    pub fn closure(&self, name: &str, record: Record) -> js::JSValue {
        // SAFETY: the entry is a function of this type, as the model says, and the record is what it wants.
        unsafe {
            let entry = std::mem::transmute::<*const c_void, js::JSCClosure>(record.entry());
            let arity = record.arity() as i32;
            let name = CString::new(name).unwrap();
            let finalize: unsafe extern "C" fn(*mut c_void) = Record::finalize;
            js::JS_NewCClosure(self.context, entry, name.as_ptr(), Some(finalize), arity, 0, record.into_raw())
        }
    }

    /// Gives the global object a property.
    pub fn set_global(&self, name: &str, value: js::JSValue) {
        let name = CString::new(name).unwrap();
        // SAFETY: the value belongs to the caller, and from now on to the global object.
        unsafe {
            let global = js::JS_GetGlobalObject(self.context);
            js::JS_SetPropertyStr(self.context, global, name.as_ptr(), value);
            js::JS_FreeValue(self.context, global);
        }
    }

    /// Makes a pointer object.
    pub fn pointer(&self, address: *const c_void) -> js::JSValue {
        // SAFETY: the context is the engine's.
        unsafe { self.realm.engine().pointer(self.context, address.cast_mut()) }
    }

    /// Runs a script. The value belongs to the caller.
    pub fn evaluate(&self, source: &str) -> js::JSValue {
        evaluate(self.context, source)
    }

    /// The result of a script as a string, or what it threw, likewise.
    pub fn run(&self, source: &str) -> Result<String, String> {
        let value = self.evaluate(source);
        // SAFETY: the value is the engine's; so is what was thrown.
        unsafe {
            let thrown = js::JS_IsException(value);
            let value = if thrown { js::JS_GetException(self.context) } else { value };
            let text = self.text(value);
            js::JS_FreeValue(self.context, value);
            if thrown { Err(text) } else { Ok(text) }
        }
    }

    /// The value of a script, as if it had been thrown.
    pub fn thrown(&self, source: &str) -> Thrown {
        // SAFETY: the value is the context's.
        unsafe { Thrown::new(self.context, self.evaluate(source)) }
    }

    /// The thrown value as a string.
    pub fn thrown_text(&self, thrown: &Thrown) -> String {
        self.text(thrown.value())
    }

    /// Returns a value as a string.
    pub fn text(&self, value: js::JSValue) -> String {
        let mut len = 0;
        // SAFETY: the engine's text has this length, and lives until it is freed.
        unsafe {
            let text = js::JS_ToCStringLen2(self.context, &mut len, value, false);
            assert!(!text.is_null());
            let bytes = slice::from_raw_parts(text.cast::<u8>(), len as usize);
            let string = str::from_utf8(bytes).unwrap().into();
            js::JS_FreeCString(self.context, text);
            string
        }
    }

    /// Collects what script cannot reach.
    pub fn collect_garbage(&self) {
        // SAFETY: the runtime is this thread's.
        unsafe { js::JS_RunGC(self.runtime) };
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.realm.take_exception());
        // SAFETY: nothing of the engine is used any more.
        unsafe {
            self.data_view.iter().for_each(|&getter| js::JS_FreeValue(self.context, getter));
            js::JS_FreeContext(self.context);
            js::JS_FreeRuntime(self.runtime);
        }
    }
}

/// Runs a script; the value belongs to the caller.
fn evaluate(context: *mut js::JSContext, source: &str) -> js::JSValue {
    let text = CString::new(source).unwrap();
    let file: *const c_char = c"script".as_ptr();
    // SAFETY: the text ends with a zero behind its length.
    unsafe { js::JS_Eval(context, text.as_ptr(), source.len() as _, file, js::JS_EVAL_TYPE_GLOBAL as i32) }
}
