//! What the engine has for buffers, as it was before script ran; and the memory of resizable buffers.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use rquickjs::qjs::{self as js, JSContext, JSRuntime, JSValue};

/// Functions of the engine's, as they were before script ran.
pub(crate) struct Originals {
    pub(crate) constructor: JSValue,
    /// In the order of [`Method`].
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
    /// The context is that which it was made with; nothing asks it any more.
    pub(crate) unsafe fn free(&self, context: *mut JSContext) {
        let others = [self.constructor, self.max_byte_length, self.resizable];
        // SAFETY: the functions belong to this.
        others.into_iter().chain(self.methods).for_each(|function| unsafe { js::JS_FreeValue(context, function) });
    }

    /// The greatest length of a buffer that is resizable.
    ///
    /// # Safety
    ///
    /// The buffer is one, and not detached.
    pub(crate) unsafe fn max_byte_length(&self, context: *mut JSContext, buffer: JSValue) -> Option<usize> {
        // SAFETY: the caller vouches for the buffer; the getters give a boolean, and a number that the engine has as an integer.
        unsafe {
            let resizable = js::JS_Call(context, self.resizable, buffer, 0, ptr::null_mut());
            let max = js::JS_Call(context, self.max_byte_length, buffer, 0, ptr::null_mut());
            (resizable.u.int32 != 0).then_some(max.u.int32 as usize)
        }
    }

    /// A buffer of zeros. Its memory is enough for `max` bytes, if it is resizable.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(crate) unsafe fn make(&self, context: *mut JSContext, len: u64, max: Option<u64>) -> JSValue {
        // SAFETY: the arguments are values of the engine's, of which only objects have to be freed.
        unsafe {
            match max {
                None => js::JS_CallConstructor(context, self.constructor, 1, [number(len)].as_mut_ptr()),
                // To `JS_NewArrayBuffer` a greatest length of zero means a fixed length.
                Some(0) => {
                    let options = js::JS_NewObject(context);
                    // The property is defined. Setting it would run a setter that script has put into `Object.prototype`.
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
        // SAFETY: the memory is the buffer's, or freed here.
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
    /// Takes the memory that `settle` would free. `Some` while a buffer gives its bytes away; null until there is such memory.
    pub(crate) static SPARED: Cell<Option<*mut c_void>> = const { Cell::new(None) };
}

/// Frees the memory of a resizable buffer for the engine. To make the buffer longer it does nothing: there is room.
///
/// # Safety
///
/// The memory is that of a buffer that `Originals::reserve` made, which goes if the size is zero.
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
        // SAFETY: the caller vouches for it.
        unsafe { libc::free(bytes) };
    }
    ptr::null_mut()
}

/// An integer up to 2⁵³ as a value.
pub(crate) fn number(number: u64) -> JSValue {
    js::JS_NewFloat64(number as f64)
}
