//! A word on a page that the kernel clears in the children of forks, raw forks included.

use std::sync::atomic::AtomicUsize;

use crate::os::mapping::Mapping;

/// Maps such a word. `None` if the kernel does not have such pages (Linux before 4.14).
pub(crate) fn word() -> Option<&'static AtomicUsize> {
    let page = Mapping::private(size_of::<AtomicUsize>()).ok()?;
    // SAFETY: the advice is about a mapping whose address nothing else has.
    let is_taken = |advice| unsafe { libc::madvise(page.start.as_ptr().cast(), page.len, advice) } == 0;
    // Old versions of QEMU accept any advice but follow none.
    if is_taken(-1) || !is_taken(libc::MADV_WIPEONFORK) {
        return None;
    }
    // SAFETY: the page is zeroed, aligned, and never unmapped from now on.
    Some(unsafe { page.leak().cast().as_ref() })
}
