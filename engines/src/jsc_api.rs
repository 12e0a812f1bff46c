//! JavaScriptCore's C API, loaded when a test asks for it, because it may not be installed.

use std::env;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use hotcall::engine::Record;

/// `JSContextRef`
pub(crate) type Context = *mut c_void;

/// `JSValueRef`, `JSObjectRef`
pub type Value = *mut c_void;

pub(crate) type Class = *mut c_void;
type TextRef = *mut c_void;

/// `JSClassDefinition`
#[repr(C)]
pub(crate) struct ClassDefinition {
    version: i32,
    attributes: u32,
    name: *const c_char,
    parent: Class,
    properties: [*const c_void; 3],
    finalize: Option<unsafe extern "C" fn(Value)>,
    callbacks: [*const c_void; 9],
}

/// Declares the functions of the library that are used, as they are in its headers.
macro_rules! functions {
    ($($name:ident($($parameter:ty),*) $(-> $result:ty)?;)*) => {
        #[expect(non_snake_case, reason = "the names are the library's")]
        pub(crate) struct Api {
            $(pub(crate) $name: unsafe extern "C" fn($($parameter),*) $(-> $result)?,)*
        }

        impl Api {
            /// # Safety
            ///
            /// The library is JavaScriptCore.
            unsafe fn of(library: &libloading::Library) -> Result<Self, libloading::Error> {
                // SAFETY: the declarations are those of the library.
                unsafe { Ok(Self { $($name: *library.get(stringify!($name))?,)* }) }
            }
        }
    };
}

functions! {
    JSGlobalContextCreate(Class) -> Context;
    JSGlobalContextRelease(Context);
    JSContextGetGlobalObject(Context) -> Value;
    JSSynchronousGarbageCollectForDebugging(Context);
    JSEvaluateScript(Context, TextRef, Value, TextRef, i32, *mut Value) -> Value;
    JSStringCreateWithUTF8CString(*const c_char) -> TextRef;
    JSStringGetMaximumUTF8CStringSize(TextRef) -> usize;
    JSStringGetUTF8CString(TextRef, *mut c_char, usize) -> usize;
    JSStringRelease(TextRef);
    JSClassCreate(*const ClassDefinition) -> Class;
    JSValueGetType(Context, Value) -> u32;
    JSValueIsObject(Context, Value) -> bool;
    JSValueIsObjectOfClass(Context, Value, Class) -> bool;
    JSValueGetTypedArrayType(Context, Value, *mut Value) -> u32;
    JSValueToNumber(Context, Value, *mut Value) -> f64;
    JSValueToUInt64(Context, Value, *mut Value) -> u64;
    JSValueToBoolean(Context, Value) -> bool;
    JSValueToStringCopy(Context, Value, *mut Value) -> TextRef;
    JSValueMakeString(Context, TextRef) -> Value;
    JSValueProtect(Context, Value);
    JSValueUnprotect(Context, Value);
    JSBigIntCreateWithInt64(Context, i64, *mut Value) -> Value;
    JSBigIntCreateWithUInt64(Context, u64, *mut Value) -> Value;
    JSObjectMake(Context, Class, *mut c_void) -> Value;
    JSObjectGetPrivate(Value) -> *mut c_void;
    JSObjectMakeFunctionWithCallback(Context, TextRef, *const c_void) -> Value;
    JSObjectIsFunction(Context, Value) -> bool;
    JSObjectSetProperty(Context, Value, TextRef, Value, u32, *mut Value);
    JSObjectGetProperty(Context, Value, TextRef, *mut Value) -> Value;
    JSObjectGetPropertyAtIndex(Context, Value, u32, *mut Value) -> Value;
    JSObjectSetPropertyForKey(Context, Value, Value, Value, u32, *mut Value);
    JSObjectCallAsFunction(Context, Value, Value, usize, *const Value, *mut Value) -> Value;
    JSObjectCallAsConstructor(Context, Value, usize, *const Value, *mut Value) -> Value;
    JSObjectMakeTypedArray(Context, u32, usize, *mut Value) -> Value;
    JSObjectGetTypedArrayBytesPtr(Context, Value, *mut Value) -> *mut u8;
    JSObjectGetTypedArrayByteOffset(Context, Value, *mut Value) -> usize;
    JSObjectGetTypedArrayByteLength(Context, Value, *mut Value) -> usize;
    JSObjectGetTypedArrayBuffer(Context, Value, *mut Value) -> Value;
    JSObjectGetArrayBufferBytesPtr(Context, Value, *mut Value) -> *mut u8;
    JSObjectGetArrayBufferByteLength(Context, Value, *mut Value) -> usize;
}

const FILES: [&str; 3] = [
    "libjavascriptcoregtk-4.1.so.0",
    "libjavascriptcoregtk-6.0.so.1",
    "/System/Library/Frameworks/JavaScriptCore.framework/JavaScriptCore",
];

/// The data of a function.
pub(crate) struct Held {
    pub(crate) record: *mut c_void,
    /// The number of records that are held.
    pub(crate) count: Arc<AtomicUsize>,
}

/// The finaliser of holders, which the engine calls on any thread.
unsafe extern "C" fn drop_held(object: Value) {
    let Some(loaded) = Loaded::get() else { return };
    // SAFETY: the private pointer of a holder leads to its data, and its function was collected.
    unsafe {
        let held = Box::from_raw((loaded.api.JSObjectGetPrivate)(object).cast::<Held>());
        Record::finalize(held.record);
        held.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The library with the classes of objects that this makes, which live as long as the process.
pub(crate) struct Loaded {
    pub(crate) file: &'static str,
    pub(crate) api: Api,
    /// Objects whose private pointer is an address.
    pub(crate) pointers: Class,
    /// Objects like those, of another class: samples.
    pub(crate) others: Class,
    /// Objects whose private pointer is a [`Held`], which they drop.
    pub(crate) holders: Class,
}

// SAFETY: the functions may be called on any thread with contexts of that thread, and classes with contexts of all.
unsafe impl Send for Loaded {}
// SAFETY: the functions may be called on any thread with contexts of that thread, and classes with contexts of all.
unsafe impl Sync for Loaded {}

impl Loaded {
    fn load() -> Result<Self, libloading::Error> {
        // SAFETY: loading the engine runs only its initialisers.
        let libraries = FILES.iter().map(|file| Ok((*file, unsafe { libloading::Library::new(*file) }?)));
        let (file, library) = libraries.reduce(Result::or).expect("there are names")?;
        // SAFETY: the library is the one of these names.
        let api = unsafe { Api::of(&library)? };
        // Threads of its own run its code.
        std::mem::forget(library);
        let class = |name: &'static CStr, finalize| {
            const NO_AUTOMATIC_PROTOTYPE: u32 = 2;
            let definition = ClassDefinition {
                version: 0,
                attributes: NO_AUTOMATIC_PROTOTYPE,
                name: name.as_ptr(),
                parent: ptr::null_mut(),
                properties: [ptr::null(); 3],
                finalize,
                callbacks: [ptr::null(); 9],
            };
            // SAFETY: the definition is copied.
            unsafe { (api.JSClassCreate)(&definition) }
        };
        let (pointers, others) = (class(c"Pointer", None), class(c"Other", None));
        let holders = class(c"Holder", Some(drop_held));
        Ok(Self { file, api, pointers, others, holders })
    }

    /// Returns `None` if JavaScriptCore is not installed, which CI does not allow.
    pub(crate) fn get() -> Option<&'static Self> {
        static LOADED: OnceLock<Result<Loaded, libloading::Error>> = OnceLock::new();
        match LOADED.get_or_init(Self::load) {
            Ok(loaded) => Some(loaded),
            Err(error) => {
                assert!(env::var_os("CI").is_none(), "{error}");
                None
            }
        }
    }
}

/// A string of the engine's.
pub(crate) struct Text<'a> {
    pub(crate) api: &'a Api,
    pub(crate) text: TextRef,
}

impl<'a> Text<'a> {
    pub(crate) fn new(api: &'a Api, text: &str) -> Self {
        let text = CString::new(text).unwrap();
        // SAFETY: the text is copied.
        Self { api, text: unsafe { (api.JSStringCreateWithUTF8CString)(text.as_ptr()) } }
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        // SAFETY: the string belongs to this.
        unsafe { (self.api.JSStringRelease)(self.text) };
    }
}

/// Runs a script. An error is the exception that it threw.
///
/// # Safety
///
/// The context is the thread's.
pub(crate) unsafe fn evaluate(api: &Api, context: Context, source: &str) -> Result<Value, Value> {
    let text = Text::new(api, source);
    let (none, mut exception) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the caller promises a live context of the engine.
    let value = unsafe { (api.JSEvaluateScript)(context, text.text, none, none, 1, &mut exception) };
    if exception.is_null() { Ok(value) } else { Err(exception) }
}

/// A function of script, which this value protects from the collector. It must not outlive its context.
pub struct ProtectedFunction {
    api: &'static Api,
    context: Context,
    function: Value,
}

impl ProtectedFunction {
    /// # Safety
    ///
    /// The function is one of the context.
    pub(crate) unsafe fn new(api: &'static Api, context: Context, function: Value) -> Self {
        // SAFETY: the caller promises a function of the context.
        unsafe { (api.JSValueProtect)(context, function) };
        Self { api, context, function }
    }

    /// Returns the function.
    pub(crate) const fn value(&self) -> Value {
        self.function
    }
}

impl Drop for ProtectedFunction {
    fn drop(&mut self) {
        // SAFETY: the function was protected, and its context lives longer.
        unsafe { (self.api.JSValueUnprotect)(self.context, self.function) };
    }
}
