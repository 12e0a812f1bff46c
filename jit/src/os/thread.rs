//! Numbers of threads.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

/// A number that no thread has.
pub(crate) const NOBODY: u64 = u64::MAX;

/// Returns this thread's number, which no other thread of the process ever has. It is not 0.
#[inline]
pub fn number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
        }
        number.get()
    })
}

/// Returns [`number`] if that was called on this thread before, and 0 otherwise. Machine code calls it.
#[cfg(feature = "cranelift")]
pub(crate) extern "C" fn assigned_number() -> u64 {
    NUMBER.get()
}

/// The address of this thread's number, or of the 0 that stands for it.
#[cfg(feature = "cranelift")]
pub(crate) fn variable() -> *const u64 {
    NUMBER.with(Cell::as_ptr)
}
