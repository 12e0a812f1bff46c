//! The engine's functions for buffers, taken before script ran, and the memory of resizable buffers.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use rquickjs::qjs::{self as js, JSContext, JSRuntime, JSValue};

/// The engine's functions, taken before script ran.
pub(crate) struct Originals {
    pub(crate) constructor: JSValue,
    /// The methods, in the order of [`Method`].
    pub(crate) methods: [JSValue; 3],
    max_byte_length: JSValue,
    resizable: JSValue,
}

/// The methods that give bytes away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Transfer,
    ToFixedLength,
    ToImmutable,
}

pub(crate) const METHODS: [(&str, Method); 3] = [
    ("transfer", Method::Transfer),
    ("transferToFixedLength", Method::ToFixedLength),
    ("transferToImmutable", Method::ToImmutable),
];

impl Originals {
    /// # Safety
    ///
    /// The context lives until [`free`](Self::free), and script has not run in it yet.
    pub(crate) unsafe fn new(context: *mut JSContext) -> Self {
        let evaluate = |source: &str| {
            let text = format!("{source}\0");
            let flags = js::JS_EVAL_TYPE_GLOBAL as i32;
            // SAFETY: the text ends with a zero, which is not part of it.
            unsafe { js::JS_Eval(context, text.as_ptr().cast(), source.len() as _, c"engine".as_ptr(), flags) }
        };
        let getter = |name| evaluate(&format!("Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, '{name}').get"));
        Self {
            constructor: evaluate("ArrayBuffer"),
            methods: METHODS.map(|(name, _)| evaluate(&format!("ArrayBuffer.prototype.{name}"))),
            max_byte_length: getter("maxByteLength"),
            resizable: getter("resizable"),
        }
    }

    /// # Safety
    ///
    /// The context is the one with which this was made. This is not used afterwards.
    pub(crate) unsafe fn free(&self, context: *mut JSContext) {
        let others = [self.constructor, self.max_byte_length, self.resizable];
        // SAFETY: this value owns the functions.
        others.into_iter().chain(self.methods).for_each(|function| unsafe { js::JS_FreeValue(context, function) });
    }

    /// The greatest length of a buffer that is resizable.
    ///
    /// # Safety
    ///
    /// The value is a buffer, and not detached.
    pub(crate) unsafe fn max_byte_length(&self, context: *mut JSContext, buffer: JSValue) -> Option<usize> {
        // SAFETY: the caller promises that the value is a buffer. The getters return a boolean, and a number that the
        // engine keeps as an integer.
        unsafe {
            let resizable = js::JS_Call(context, self.resizable, buffer, 0, ptr::null_mut());
            let max = js::JS_Call(context, self.max_byte_length, buffer, 0, ptr::null_mut());
            (resizable.u.int32 != 0).then_some(max.u.int32 as usize)
        }
    }

    /// A buffer of zeros. If it is resizable, its memory has room for `max` bytes.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(crate) unsafe fn make(&self, context: *mut JSContext, len: u64, max: Option<u64>) -> JSValue {
        // SAFETY: the arguments are the engine's values, of which only objects have to be freed.
        unsafe {
            match max {
                None => js::JS_CallConstructor(context, self.constructor, 1, [number(len)].as_mut_ptr()),
                // For `JS_NewArrayBuffer` a greatest length of zero means a fixed length.
                Some(0) => {
                    let options = js::JS_NewObject(context);
                    // The property is defined, because setting it would run a setter that script has put into
                    // `Object.prototype`.
                    let flags = js::JS_PROP_C_W_E as i32;
                    js::JS_DefinePropertyValueStr(context, options, c"maxByteLength".as_ptr(), number(0), flags);
                    let mut args = [number(len), options];
                    let buffer = js::JS_CallConstructor(context, self.constructor, 2, args.as_mut_ptr());
                    js::JS_FreeValue(context, options);
                    buffer
                }
                Some(max) => Self::reserve(context, len, max),
            }
        }
    }

    /// A resizable buffer with memory for its greatest length.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    unsafe fn reserve(context: *mut JSContext, len: u64, max: u64) -> JSValue {
        // The engine refuses a greater length.
        let is_possible = max <= i32::MAX as u64;
        // SAFETY: the memory belongs to the buffer, or is freed here.
        unsafe {
            let bytes = if is_possible { libc::calloc(1, max as usize) } else { ptr::null_mut() };
            if is_possible && bytes.is_null() {
                return js::JS_ThrowRangeError(context, c"Array buffer allocation failed".as_ptr());
            }
            let null = ptr::null_mut();
            let buffer = js::JS_NewArrayBuffer(context, bytes.cast(), len as _, max as _, Some(settle), null, false);
            if js::JS_IsException(buffer) {
                libc::free(bytes);
            }
            buffer
        }
    }
}

thread_local! {
    /// The memory that `settle` would have freed. `Some` while a buffer gives its bytes away, and null until `settle`
    /// was called.
    pub(crate) static SPARED: Cell<Option<*mut c_void>> = const { Cell::new(None) };
}

/// Frees the memory of a resizable buffer for the engine. It does nothing if the buffer becomes longer, because there
/// is room.
///
/// # Safety
///
/// The memory is that of a buffer that `Originals::reserve` made. If the size is zero, the engine does not use it
/// again.
pub(crate) unsafe extern "C" fn settle(
    _: *mut JSRuntime,
    _: *mut c_void,
    bytes: *mut c_void,
    size: js::size_t,
) -> *mut c_void {
    if size != 0 {
        return bytes;
    }
    if SPARED.get().is_some() {
        SPARED.set(Some(bytes));
    } else {
        // SAFETY: the caller promises that `Originals::reserve` made the memory, and does not use it again.
        unsafe { libc::free(bytes) };
    }
    ptr::null_mut()
}

/// An integer up to 2⁵³ as a value.
pub(crate) fn number(number: u64) -> JSValue {
    js::JS_NewFloat64(number as f64)
}
