//! Buffers of script, as V8 itself tells them.

use std::ffi::c_void;

use super::functions::Functions;
use crate::api::env::Value;

/// Returns true if script can change the size of a buffer. `None` if the program does not export V8's functions. Unlike the
/// properties of the buffer, this runs no script.
pub(crate) fn is_resizable(buffer: Value) -> Option<bool> {
    let functions = Functions::of_program().as_ref().ok()?;
    // SAFETY: the value is an ArrayBuffer or a SharedArrayBuffer, which are one type inside V8.
    Some(unsafe { (functions.is_resizable)(buffer.raw()) })
}

/// Returns the bytes of a `SharedArrayBuffer`, which Node-API does not know in 22.2 and 24.0. `None` for other values, or if
/// the program does not export V8's functions.
pub(crate) fn shared_bytes(value: Value) -> Option<(*mut c_void, usize)> {
    let functions = Functions::of_program().as_ref().ok()?;
    // SAFETY: the program is one that runs V8, so the value is V8's.
    unsafe {
        let is_shared = (functions.is_shared_buffer)(value.raw());
        is_shared.then(|| ((functions.shared_data)(value.raw()), (functions.shared_length)(value.raw())))
    }
}
