//! The data of a function for script that runs Rust. It lives as long as the isolate.

use std::ffi::c_void;

use crate::ffi;

/// The shim's part of such a function, and the data of its ordinary callback.
pub(crate) struct NativeFunction {
    native: *mut ffi::Native,
    entry: *mut c_void,
    free_entry: unsafe fn(*mut c_void),
}

impl NativeFunction {
    /// Takes ownership of both.
    ///
    /// # Safety
    ///
    /// * The entry comes from [`Box::into_raw`], and nothing else frees it or the native function.
    /// * When this value is dropped, the function is not called any more.
    pub(crate) unsafe fn new<E>(native: *mut ffi::Native, entry: *mut E) -> Self {
        Self {
            native,
            entry: entry.cast(),
            // SAFETY: `new` has taken a box of this type, which `drop` frees once.
            free_entry: |entry| unsafe { drop(Box::from_raw(entry.cast::<E>())) },
        }
    }
}

impl Drop for NativeFunction {
    fn drop(&mut self) {
        // SAFETY: by the contract of `new`, the function is not called any more, and both are freed here alone.
        unsafe {
            ffi::shim_native_free(self.native);
            (self.free_entry)(self.entry);
        }
    }
}
