//! Pages of memory whose access their owner sets.

use std::{io, ptr};

/// The number of bytes of a page.
pub(crate) const PAGE: usize = 4096;

/// Whole pages, unmapped when the value is dropped.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) start: *mut u8,
    pub(crate) len: usize,
}

impl Pages {
    /// Maps zeroed pages that are not accessible yet.
    pub(crate) fn new(len: usize) -> io::Result<Self> {
        let len = len.next_multiple_of(PAGE);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: the system chooses an address where nothing is mapped, and nothing else has it.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
        if start == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Self { start: start.cast(), len }) }
    }

    /// Sets the access (`PROT_READ` and so on) to `len` bytes from the byte `at` on. Both are multiples of a page.
    ///
    /// # Safety
    ///
    /// Nothing accesses the bytes in a way that is no longer allowed.
    pub(crate) unsafe fn allow(&self, at: usize, len: usize, access: i32) -> io::Result<()> {
        assert!(at + len <= self.len, "{at} + {len} bytes of {}", self.len);
        // SAFETY: the pages belong to this value, and the caller promises that nothing needs their old access.
        match unsafe { libc::mprotect(self.start.wrapping_add(at).cast(), len, access) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: this value owns the mapping, and its contents are not used any more.
        unsafe { libc::munmap(self.start.cast(), self.len) };
    }
}
