//! Numbers of threads.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Returns this thread's number, which no other thread of the process ever has. It is not 0.
#[inline]
pub fn number() -> u64 {
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(0) };
    }
    static LAST: AtomicU64 = AtomicU64::new(0);
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
        }
        number.get()
    })
}

/// Returns [`number`], for machine code.
#[cfg(feature = "cranelift")]
pub(crate) extern "C" fn number_for_code() -> u64 {
    number()
}
