//! QuickJS's values as hotcall sees them: two words each.

use std::ffi::c_void;

use hotcall::engine::{Kind, Site, View, Words};
use rquickjs_sys::{self as js, JSContext, JSValue};

const _: () = assert!(size_of::<Words>() == size_of::<JSValue>());

/// Returns the context of a site.
pub(super) fn context(site: Site) -> *mut JSContext {
    site.context.cast()
}

/// Returns the words of a value.
pub fn words(value: JSValue) -> Words {
    // SAFETY: the pointer is as long as the whole union. A shorter member leaves bytes unset that nothing reads.
    [unsafe { value.u.ptr } as u64, value.tag as u64]
}

/// Returns the value of two words.
pub const fn value(words: Words) -> JSValue {
    JSValue { u: js::JSValueUnion { ptr: words[0] as *mut c_void }, tag: words[1] as i64 }
}

/// Returns a number of bytes that the engine has given. Every length that the engine allows is one of its small
/// integers.
pub(super) fn length(value: JSValue) -> Option<usize> {
    // SAFETY: the tag says that the integer is set.
    unsafe { if js::JS_VALUE_GET_TAG(value) == js::JS_TAG_INT { Some(value.u.int32 as usize) } else { None } }
}

/// Returns an integer up to 2⁵³ as a value.
pub(super) fn number(number: u64) -> JSValue {
    js::JS_NewFloat64(number as f64)
}

/// Returns the view of a value. `object` gives that of an object.
///
/// # Safety
///
/// The value is one of the context's.
#[inline]
pub(super) unsafe fn view(context: *mut JSContext, value: JSValue, object: impl FnOnce() -> View) -> View {
    // SAFETY: the tag says which member of the union is set.
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
