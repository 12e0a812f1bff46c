//! The engine's functions for buffers, taken before script ran, and the memory of resizable buffers.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use rquickjs_sys::{self as js, JSContext, JSRuntime, JSValue};

use super::builtins::{call, evaluate, free, getter};
use super::values::number;

/// The engine's functions, taken before script ran.
pub(super) struct Originals {
    constructor: JSValue,
    /// In the order of [`METHODS`].
    methods: [JSValue; 3],
    max_byte_length: JSValue,
    resizable: JSValue,
}

/// A method that gives a buffer's bytes away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// `transfer`
    Transfer,
    /// `transferToFixedLength`
    ToFixedLength,
    /// `transferToImmutable`
    ToImmutable,
}

/// The methods by their names in script.
pub const METHODS: [(&str, Method); 3] = [
    ("transfer", Method::Transfer),
    ("transferToFixedLength", Method::ToFixedLength),
    ("transferToImmutable", Method::ToImmutable),
];

impl Originals {
    /// # Safety
    ///
    /// The context lives until [`free`](Self::free), and script has not run in it yet.
    pub(super) unsafe fn new(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises a live context. A full context has the functions.
        unsafe {
            Self {
                constructor: evaluate(context, "ArrayBuffer"),
                methods: METHODS.map(|(name, _)| evaluate(context, &format!("ArrayBuffer.prototype.{name}"))),
                max_byte_length: getter(context, "ArrayBuffer.prototype", "maxByteLength"),
                resizable: getter(context, "ArrayBuffer.prototype", "resizable"),
            }
        }
    }

    /// # Safety
    ///
    /// The context is the one with which this was made. This is not used afterwards.
    pub(super) unsafe fn free(&self, context: *mut JSContext) {
        let others = [self.constructor, self.max_byte_length, self.resizable];
        // SAFETY: this owns the functions, which are the context's.
        unsafe { free(context, others.into_iter().chain(self.methods)) };
    }

    /// Returns the engine's own method.
    pub(super) const fn method(&self, method: Method) -> JSValue {
        self.methods[method as usize]
    }

    /// Returns the greatest length of a buffer that is resizable.
    ///
    /// # Safety
    ///
    /// The value is a buffer of the context, and not detached.
    pub(super) unsafe fn max_byte_length(&self, context: *mut JSContext, buffer: JSValue) -> Option<usize> {
        // SAFETY: the caller promises a buffer. The getters return a boolean, and a number that the engine keeps as an
        // integer.
        unsafe {
            let resizable = call(context, self.resizable, buffer, []);
            let max = call(context, self.max_byte_length, buffer, []);
            (resizable.u.int32 != 0).then_some(max.u.int32 as usize)
        }
    }

    /// Does the work of `new ArrayBuffer(length, options)`. A resizable buffer gets memory for its greatest length.
    ///
    /// # Safety
    ///
    /// The engine called a constructor with these arguments: `target` is `new.target`, and there is room for at least
    /// one argument.
    pub(super) unsafe fn construct(
        &self,
        context: *mut JSContext,
        target: JSValue,
        argc: i32,
        args: *mut JSValue,
    ) -> JSValue {
        // SAFETY: the caller promises valid arguments, with room for one at least. Values that the engine's functions
        // return belong to this function.
        unsafe {
            let mut len = 0;
            if js::JS_ToIndex(context, &mut len, *args) != 0 {
                return js::JS_EXCEPTION;
            }
            let mut max = js::JS_UNDEFINED;
            if argc > 1 && js::JS_IsObject(*args.add(1)) {
                max = js::JS_GetPropertyStr(context, *args.add(1), c"maxByteLength".as_ptr());
            }
            if js::JS_IsException(max) {
                return max;
            }
            if js::JS_IsUndefined(max) {
                let mut args = [number(len)];
                return js::JS_CallConstructor2(context, self.constructor, target, 1, args.as_mut_ptr());
            }
            let mut max_len = 0;
            let refused = js::JS_ToIndex(context, &mut max_len, max) != 0;
            js::JS_FreeValue(context, max);
            if refused {
                return js::JS_EXCEPTION;
            }
            let prototype = js::JS_GetPropertyStr(context, target, c"prototype".as_ptr());
            if js::JS_IsException(prototype) {
                return prototype;
            }
            let buffer = if len > max_len {
                js::JS_ThrowRangeError(context, c"invalid array buffer max length".as_ptr())
            } else {
                self.make(context, len, Some(max_len))
            };
            if !js::JS_IsException(buffer) && js::JS_IsObject(prototype) {
                js::JS_SetPrototype(context, buffer, prototype);
            }
            js::JS_FreeValue(context, prototype);
            buffer
        }
    }

    /// Makes a buffer of zeros. If it is resizable, its memory has room for `max` bytes.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(super) unsafe fn make(&self, context: *mut JSContext, len: u64, max: Option<u64>) -> JSValue {
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

    /// Makes a resizable buffer with memory for its greatest length.
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
    pub(super) static SPARED: Cell<Option<*mut c_void>> = const { Cell::new(None) };
}

/// Frees the memory of a resizable buffer for the engine. It does nothing if the buffer becomes longer, because there
/// is room.
///
/// # Safety
///
/// The memory is that of a buffer that `Originals::reserve` made. If the size is zero, the engine does not use it
/// again.
pub(super) unsafe extern "C" fn settle(
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
