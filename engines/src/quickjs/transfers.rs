//! Methods that give a buffer's bytes away. C may work on the bytes meanwhile.
//!
//! The engine's `resize()` and `transfer()` free or move the bytes, even while C works on them. A runtime replaces them:
//!
//! * A resizable buffer has memory for its greatest length from the start, and `resize()` leaves the bytes in place.
//! * `transfer()` and related methods give all bytes to a buffer of an equal length. They copy for another length, and for
//!   an immutable buffer if C works on the bytes. Then the old bytes go to a buffer that script cannot reach. It lives as
//!   long as pins or pointers keep it.
//!
//! No other function takes the bytes of a living buffer away. Script must not reach the functions that are replaced.

use std::ffi::c_void;
use std::ptr;

use rquickjs_sys::{self as js, JSContext, JSValue};

use super::buffers::Buffers;
use super::builtins::call;
use super::originals::{Method, SPARED, settle};
use super::owned::{Owned, Raised, forget_exception};
use super::values::number;

/// Does the work of a method that gives bytes away. Returns the buffer that script gets. `is_kept` returns true if the
/// runtime keeps the buffer although no call works on it.
///
/// # Errors
///
/// [`Raised`] if the engine throws.
///
/// # Safety
///
/// The values are the context's.
pub(super) unsafe fn give_away(
    buffers: &Buffers,
    context: *mut JSContext,
    method: Method,
    buffer: JSValue,
    length: JSValue,
    is_kept: impl Fn() -> bool,
) -> Result<Owned, Raised> {
    let originals = &buffers.originals;
    let original = originals.method(method);
    // SAFETY: the caller promises values of the context. No script runs once the length is known.
    unsafe {
        if !js::JS_IsArrayBuffer(buffer) {
            return Owned::result(context, call(context, original, buffer, [length]));
        }
        let mut asked = 0;
        if !js::JS_IsUndefined(length) && js::JS_ToIndex(context, &mut asked, length) != 0 {
            return Err(Raised);
        }
        let (start, len) = bytes(context, buffer)?;
        let asked = if js::JS_IsUndefined(length) { len as u64 } else { asked };
        let max = originals.max_byte_length(context, buffer);
        let kept_max = max.filter(|_| method == Method::Transfer);
        if js::JS_IsImmutableArrayBuffer(buffer) == 1 || kept_max.is_some_and(|max| asked > max as u64) {
            // This call throws.
            return Owned::result(context, call(context, original, buffer, [number(asked)]));
        }
        let is_used = is_kept() || buffers.may_be_used(context, buffer);
        // C may still write to bytes that it works on.
        let may_change = method == Method::ToImmutable && is_used;
        if asked == len as u64 && len > 0 && !may_change {
            let heir = Owned::result(context, call(context, original, buffer, []))?;
            buffers.owners.inherit(context, buffer, heir.value(), is_used);
            return Ok(heir);
        }
        let copy = Owned::result(context, originals.make(context, asked, kept_max.map(|max| max as u64)))?;
        let (to, room) = bytes(context, copy.value())?;
        start.copy_to_nonoverlapping(to, len.min(room));
        // The engine frees the memory of an empty buffer, and C may still work on bytes that it had before.
        SPARED.set((len == 0 && is_used).then(ptr::null_mut));
        let heir = call(context, originals.method(Method::Transfer), buffer, []);
        let heir = match SPARED.take() {
            Some(spared) if !spared.is_null() => {
                drop(Owned::result(context, heir));
                own(context, spared)?
            }
            _ => Owned::result(context, heir)?,
        };
        buffers.owners.inherit(context, buffer, heir.value(), is_used);
        if method == Method::ToImmutable {
            js::JS_SetImmutableArrayBuffer(copy.value(), true);
        }
        Ok(copy)
    }
}

/// Returns the bytes of an `ArrayBuffer`, and their number. Throws if the buffer is detached.
///
/// # Safety
///
/// The value is a buffer of the context.
unsafe fn bytes(context: *mut JSContext, buffer: JSValue) -> Result<(*mut u8, usize), Raised> {
    let mut len = 0;
    // SAFETY: the caller promises a buffer of the context. Its own jobs may have left an exception.
    unsafe {
        forget_exception(context);
        let start = js::JS_GetArrayBuffer(context, &mut len, buffer);
        if js::JS_HasException(context) { Err(Raised) } else { Ok((start, len as usize)) }
    }
}

/// Makes an empty buffer that frees the memory when it is collected.
///
/// # Safety
///
/// The memory is that of a buffer that `Originals::reserve` made. This function takes it over.
unsafe fn own(context: *mut JSContext, bytes: *mut c_void) -> Result<Owned, Raised> {
    // SAFETY: the caller promises that `Originals::reserve` made the memory, and that this function takes it over.
    unsafe {
        let buffer = js::JS_NewArrayBuffer(context, bytes.cast(), 0, 1, Some(settle), ptr::null_mut(), false);
        Owned::result(context, buffer)
    }
}
