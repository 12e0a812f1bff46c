//! QuickJS's values as hotcall sees them, for the example of a runtime and for the tests.

use std::ffi::c_void;
use std::mem::ManuallyDrop;

use hotcall::engine::{Kind, Output, View, Words};
use rquickjs_sys::{self as js, JSContext, JSValue};

/// A value that was thrown. Dropping this frees it.
pub struct Thrown {
    context: *mut JSContext,
    value: JSValue,
}

impl Thrown {
    /// A value that the caller owned.
    ///
    /// # Safety
    ///
    /// The value is the context's, and belongs to the caller. The context lives longer than this.
    pub const unsafe fn new(context: *mut JSContext, value: JSValue) -> Self {
        Self { context, value }
    }

    /// Takes what was thrown last.
    ///
    /// # Safety
    ///
    /// The context lives longer than this.
    pub unsafe fn take(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises a live context of the engine.
        Self { context, value: unsafe { js::JS_GetException(context) } }
    }

    /// Returns the value, which this still owns.
    pub const fn value(&self) -> JSValue {
        self.value
    }

    /// Returns the value, which the caller owns.
    pub fn into_value(self) -> JSValue {
        ManuallyDrop::new(self).value
    }
}

impl Drop for Thrown {
    fn drop(&mut self) {
        // SAFETY: the value belongs to this, and the context lives longer.
        unsafe { js::JS_FreeValue(self.context, self.value) };
    }
}

/// The words of a value.
pub fn words(value: JSValue) -> Words {
    // SAFETY: the integer that is as long as the whole union; what a shorter member leaves unset is not looked at.
    [unsafe { value.u.ptr } as u64, value.tag as u64]
}

/// The value of two words.
pub const fn value(words: Words) -> JSValue {
    JSValue { u: js::JSValueUnion { ptr: words[0] as *mut c_void }, tag: words[1] as i64 }
}

/// The words of the value that a function of the engine returned, or what the function threw.
///
/// # Safety
///
/// The context lives longer than what was thrown.
#[inline]
pub unsafe fn returned(context: *mut JSContext, value: JSValue) -> Result<Words, Thrown> {
    // SAFETY: the caller promises a live context of the engine.
    unsafe { if js::JS_IsException(value) { Err(Thrown::take(context)) } else { Ok(words(value)) } }
}

/// Returns the kind and the content of a value. For an object `object` does, because programs have classes of their own.
///
/// # Safety
///
/// The value is one of the context's.
#[inline]
pub unsafe fn view(context: *mut JSContext, value: JSValue, object: impl FnOnce() -> View) -> View {
    // SAFETY: the tag says what the value is.
    unsafe {
        match js::JS_VALUE_GET_TAG(value) {
            js::JS_TAG_INT => View::Number(value.u.int32.into()),
            js::JS_TAG_FLOAT64 => View::Number(value.u.float64),
            js::JS_TAG_BOOL => View::Boolean(value.u.int32 != 0),
            js::JS_TAG_NULL => View::Null,
            js::JS_TAG_UNDEFINED => View::Undefined,
            js::JS_TAG_SHORT_BIG_INT | js::JS_TAG_BIG_INT => {
                let mut low = 0;
                js::JS_ToBigInt64(context, &mut low, value);
                View::BigInt(low as u64)
            }
            js::JS_TAG_OBJECT => object(),
            js::JS_TAG_SYMBOL => View::Other(Kind::Symbol),
            _ => View::Other(Kind::String),
        }
    }
}

/// Makes a value of an output. Returns `None` for outputs that the model has classes for. `pointer` makes pointer objects,
/// because programs have classes of their own.
///
/// # Safety
///
/// The context lives longer than what was thrown.
#[inline]
pub unsafe fn make(
    context: *mut JSContext,
    output: &Output<'_>,
    pointer: impl FnOnce(*const c_void) -> JSValue,
) -> Option<Result<Words, Thrown>> {
    // SAFETY: the caller promises a live context of the engine.
    unsafe {
        let value = match *output {
            Output::I64(number) => js::JS_NewBigInt64(context, number),
            Output::U64(number) => js::JS_NewBigUint64(context, number),
            Output::Pointer(address, _) => pointer(address),
            Output::Bytes(bytes) => js::JS_NewUint8ArrayCopy(context, bytes.as_ptr(), bytes.len() as _),
            Output::Number(_) | Output::Boolean(_) | Output::Null | _ => return None,
        };
        Some(returned(context, value))
    }
}
