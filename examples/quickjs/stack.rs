//! The stack that script may use.
//!
//! The engine throws a `RangeError` at its limit. C functions that script calls, and hotcall's compiler, need stack below
//! that limit.

use std::ptr;

/// The largest number of bytes that script gets. Systems usually give a main thread twice as much.
const MOST: usize = 4 << 20;

/// The bytes that script gets if the system does not tell where the stack ends. Windows gives a main thread twice as
/// many, and other threads more.
const UNKNOWN: usize = 512 << 10;

/// Returns the number of bytes of the current thread's stack that script may use: half of the rest.
pub(crate) fn limit() -> usize {
    let here = 0_u8;
    end().map_or(UNKNOWN, |end| MOST.min(ptr::from_ref(&here).addr().saturating_sub(end) / 2))
}

/// Returns the lowest address of the current thread's stack. The main thread's follows from `ulimit -s`.
#[cfg(target_os = "linux")]
fn end() -> Option<usize> {
    let mut attributes = std::mem::MaybeUninit::uninit();
    let (mut start, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the attributes are read and destroyed only if they were made.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let refused = libc::pthread_attr_getstack(attributes.as_ptr(), &mut start, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (refused == 0).then(|| start.addr())
    }
}

/// The system is asked only on Linux.
#[cfg(not(target_os = "linux"))]
fn end() -> Option<usize> {
    None
}
