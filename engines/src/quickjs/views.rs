//! The bytes of buffers, and of typed arrays and data views. Nothing here runs script.

use std::ptr;

use rquickjs_sys::{self as js, JSContext, JSValue};

use super::builtins::{call, evaluate, free, getter};
use super::owned::{Owned, forget_exception};
use super::values::length;

/// The bytes of a buffer, or of the part that a view shows.
#[derive(Clone, Copy)]
pub struct Bytes {
    /// Their address.
    pub address: *mut u8,
    /// Their number.
    pub len: usize,
    /// True if they must not change.
    pub immutable: bool,
}

impl Bytes {
    /// Returns a part of a buffer's bytes, unless the part is longer than the buffer.
    fn part(self, offset: usize, len: usize) -> Option<Self> {
        (offset + len <= self.len).then(|| Self { address: self.address.wrapping_add(offset), len, ..self })
    }
}

/// Reads buffers and their views. It has the getters for which C does not have a function.
pub struct Views {
    /// The getters `buffer`, `byteOffset` and `byteLength` of data views.
    data_view: [JSValue; 3],
    /// The getter `byteLength` of typed arrays. The function in C is wrong for arrays that follow the length of their
    /// buffer.
    typed_array_len: JSValue,
    /// The getter `buffer` of typed arrays. The function in C throws if the array is longer than its buffer.
    typed_array_buffer: JSValue,
    /// The getter `byteLength` of buffers. The function in C throws if the buffer is detached.
    buffer_len: JSValue,
    /// The class of `SharedArrayBuffer`, for which C does not have a test.
    shared_buffers: js::JSClassID,
}

impl Views {
    /// Takes the getters.
    ///
    /// # Safety
    ///
    /// The context lives until [`free`](Self::free), and script has not run in it yet.
    pub(super) unsafe fn new(context: *mut JSContext) -> Self {
        const TYPED_ARRAY: &str = "Object.getPrototypeOf(Uint8Array.prototype)";
        // SAFETY: the caller promises a live context. A full context has the getters and the class.
        unsafe {
            let data_view = ["buffer", "byteOffset", "byteLength"];
            let shared = Owned::new(context, evaluate(context, "new SharedArrayBuffer(0)"));
            Self {
                data_view: data_view.map(|name| getter(context, "DataView.prototype", name)),
                typed_array_len: getter(context, TYPED_ARRAY, "byteLength"),
                typed_array_buffer: getter(context, TYPED_ARRAY, "buffer"),
                buffer_len: getter(context, "ArrayBuffer.prototype", "byteLength"),
                shared_buffers: js::JS_GetClassID(shared.value()),
            }
        }
    }

    /// Releases the getters.
    ///
    /// # Safety
    ///
    /// The context is the one with which this was made. This is not used afterwards.
    pub(super) unsafe fn free(&self, context: *mut JSContext) {
        let getters = [self.typed_array_len, self.typed_array_buffer, self.buffer_len];
        // SAFETY: this owns the getters, which are the context's.
        unsafe { free(context, self.data_view.into_iter().chain(getters)) };
    }

    /// Returns true if a value is a `SharedArrayBuffer`.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    pub(super) unsafe fn is_shared_buffer(&self, value: JSValue) -> bool {
        // SAFETY: the caller promises a value of the engine.
        unsafe { js::JS_GetClassID(value) == self.shared_buffers }
    }

    /// Returns true if a value is a typed array.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    #[inline]
    pub(super) unsafe fn is_typed_array(value: JSValue) -> bool {
        // SAFETY: the caller promises a value of the engine.
        unsafe { js::JS_GetTypedArrayType(value) >= 0 }
    }

    /// Returns the bytes that a typed array shows, or `None` if they are gone.
    ///
    /// # Safety
    ///
    /// The object is a typed array of the context.
    #[inline]
    pub(super) unsafe fn typed_array(&self, context: *mut JSContext, object: JSValue) -> Option<Bytes> {
        // SAFETY: the caller promises a typed array. Its buffer stays alive when this function's reference to it goes,
        // because the array has one.
        unsafe {
            let (mut offset, mut len, mut whole) = (0, 0, 0);
            let buffer = js::JS_GetTypedArrayBuffer(context, object, &mut offset, &mut len, ptr::null_mut());
            if js::JS_IsException(buffer) {
                forget_exception(context);
                return None;
            }
            // The buffer is not detached, because the array would be longer than its buffer.
            let address = js::JS_GetArrayBuffer(context, &mut whole, buffer);
            let immutable = js::JS_IsImmutableArrayBuffer(buffer) == 1;
            js::JS_FreeValue(context, buffer);
            let (offset, mut len, whole) = (offset as usize, len as usize, whole as usize);
            if offset + len != whole {
                len = length(call(context, self.typed_array_len, object, [])).unwrap_or(len);
            }
            Bytes { address, len: whole, immutable }.part(offset, len)
        }
    }

    /// Returns the bytes of an `ArrayBuffer` or a `SharedArrayBuffer`, or `None` if it is detached.
    ///
    /// # Safety
    ///
    /// The object is such a buffer of the context.
    pub(super) unsafe fn array_buffer(context: *mut JSContext, buffer: JSValue) -> Option<Bytes> {
        // SAFETY: the caller promises a buffer.
        unsafe {
            let mut len = 0;
            // The engine's own jobs may have left an exception, which is not about this buffer.
            forget_exception(context);
            let address = js::JS_GetArrayBuffer(context, &mut len, buffer);
            if address.is_null() && forget_exception(context) {
                return None;
            }
            let immutable = js::JS_IsImmutableArrayBuffer(buffer) == 1;
            Some(Bytes { address, len: len as usize, immutable })
        }
    }

    /// Returns the bytes that a data view shows, or `None` if they are gone.
    ///
    /// # Safety
    ///
    /// The object is a data view of the context.
    pub(super) unsafe fn data_view(&self, context: *mut JSContext, object: JSValue) -> Option<Bytes> {
        // SAFETY: the caller promises a data view. Its buffer stays alive when this function's reference to it goes,
        // because the view has one. The other two results are not objects.
        unsafe {
            let [buffer, offset, len] = self.data_view.map(|getter| call(context, getter, object, []));
            let buffer = Owned::new(context, buffer);
            let Some((offset, len)) = length(offset).zip(length(len)) else {
                forget_exception(context);
                return None;
            };
            Self::array_buffer(context, buffer.value())?.part(offset, len)
        }
    }

    /// Returns the bytes of a buffer, or of a view of one. The inner `None` means that they are gone. The outer `None`
    /// means that the object is neither.
    ///
    /// # Safety
    ///
    /// The object is the context's.
    pub unsafe fn bytes(&self, context: *mut JSContext, object: JSValue) -> Option<Option<Bytes>> {
        // SAFETY: the caller promises an object of the context, and each function is for the class that was found.
        unsafe {
            if Self::is_typed_array(object) {
                Some(self.typed_array(context, object))
            } else if js::JS_IsArrayBuffer(object) {
                Some(Self::array_buffer(context, object))
            } else if js::JS_IsDataView(object) {
                Some(self.data_view(context, object))
            } else {
                None
            }
        }
    }

    /// Returns the whole buffer of a view, or the buffer itself.
    ///
    /// # Safety
    ///
    /// The value is one of the context's. The context lives longer than the result.
    pub unsafe fn whole(&self, context: *mut JSContext, value: JSValue) -> Option<Owned> {
        // SAFETY: the caller promises a value of the context, and each function is for the class that was found.
        unsafe {
            let buffer = if Self::is_typed_array(value) {
                call(context, self.typed_array_buffer, value, [])
            } else if js::JS_IsDataView(value) {
                call(context, self.data_view[0], value, [])
            } else if js::JS_IsArrayBuffer(value) || self.is_shared_buffer(value) {
                js::JS_DupValue(context, value)
            } else {
                return None;
            };
            Some(Owned::new(context, buffer))
        }
    }

    /// Returns the number of a buffer's bytes; zero if it is detached. It does not throw, because making an error may
    /// run script.
    ///
    /// # Safety
    ///
    /// The value is a buffer of the context.
    pub unsafe fn buffer_len(&self, context: *mut JSContext, buffer: JSValue) -> usize {
        // SAFETY: the caller promises a buffer. The getter is for buffers that are not shared. The function in C knows
        // both kinds, and shared ones are never detached.
        unsafe {
            if js::JS_IsArrayBuffer(buffer) {
                return length(call(context, self.buffer_len, buffer, [])).unwrap_or_default();
            }
            let mut len = 0;
            js::JS_GetArrayBuffer(context, &mut len, buffer);
            len as usize
        }
    }
}
