//! Makes the processor forget the branches that it has taken.
//!
//! A processor keeps the targets of branches in a buffer. Older entries decide in which of several states a loop settles, and the
//! loop stays in its state until the system runs other code. On one machine the states are 3 cycles apart, in rounds of 20. When
//! other branches have filled the buffer, each loop settles in the same state.

use std::arch::asm;

/// Takes 16,384 branches: more than the buffer has entries.
#[inline(never)]
pub(crate) fn forget() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: each jump leads to the next one, and the last one to the end. They change neither registers nor memory.
    unsafe {
        asm!(".rept 16384", "jmp 2f", ".balign 16", "2:", ".endr", options(nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: each jump leads to the next one, and the last one to the end. They change neither registers nor memory.
    unsafe {
        asm!(".rept 16384", "b 2f", ".balign 16", "2:", ".endr", options(nomem, nostack, preserves_flags));
    }
}
