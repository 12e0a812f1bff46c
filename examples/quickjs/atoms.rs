//! The names of an object's properties as the engine's atoms, and copies of the engine's texts.

use std::ffi::c_char;
use std::ptr::{self, NonNull};
use std::slice;

use hotcall_engines::quickjs::Owned;
use rquickjs::qjs::{self as js, JSAtom, JSContext, JSValue};

/// The names of an object's own enumerable properties, in their order.
pub(crate) struct Names {
    context: *mut JSContext,
    first: *mut js::JSPropertyEnum,
    len: u32,
}

impl Names {
    /// Returns the names. `None` if the engine has an exception.
    ///
    /// # Safety
    ///
    /// The object is one of the context's runtime, and the context lives longer than the names.
    pub(crate) unsafe fn of(context: *mut JSContext, object: JSValue) -> Option<Self> {
        let mut names = Self { context, first: ptr::null_mut(), len: 0 };
        let which = (js::JS_GPN_STRING_MASK | js::JS_GPN_ENUM_ONLY) as i32;
        // SAFETY: the caller promises the object.
        let got = unsafe { js::JS_GetOwnPropertyNames(context, &mut names.first, &mut names.len, object, which) };
        (got == 0).then_some(names)
    }

    /// The atoms of the names.
    pub(crate) fn atoms(&self) -> impl ExactSizeIterator<Item = JSAtom> {
        // The engine does not make an array of no names.
        let len = if self.first.is_null() { 0 } else { self.len as usize };
        let first = NonNull::new(self.first).unwrap_or(NonNull::dangling());
        // SAFETY: the engine has made an array of this length, which lives until the names are freed.
        let names = unsafe { slice::from_raw_parts(first.as_ptr(), len) };
        names.iter().map(|name| name.atom)
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        // SAFETY: the names belong to this value.
        unsafe { js::JS_FreePropertyEnum(self.context, self.first, self.len) };
    }
}

/// Returns the text of an atom. `None` if it is not one of Unicode.
///
/// # Safety
///
/// The atom is one of the context's runtime.
pub(crate) unsafe fn text_of(context: *mut JSContext, atom: JSAtom) -> Option<String> {
    let mut len = 0;
    // SAFETY: the caller promises the atom. The text has this length, and lives until it is freed.
    unsafe {
        let text = js::JS_AtomToCStringLen(context, &mut len, atom);
        copied(context, text, len as usize)
    }
}

/// Copies and frees a text of the engine.
///
/// # Safety
///
/// The text has this length and belongs to the caller. It is null if the context has an exception.
pub(crate) unsafe fn copied(context: *mut JSContext, text: *const c_char, len: usize) -> Option<String> {
    // SAFETY: the caller promises the text, or an exception that belongs to this function.
    unsafe {
        if text.is_null() {
            drop(Owned::new(context, js::JS_GetException(context)));
            return None;
        }
        let copy = String::from_utf8(slice::from_raw_parts(text.cast::<u8>(), len).to_vec());
        js::JS_FreeCString(context, text);
        copy.ok()
    }
}
