//! Mappings of memory that their owners unmap.

use std::ffi::c_void;
use std::io;
use std::mem;
use std::ptr::{self, NonNull};

/// Pages of memory, unmapped when the value is dropped.
pub(crate) struct Mapping {
    pub(crate) start: NonNull<u8>,
    pub(crate) len: usize,
}

impl Mapping {
    /// Maps memory without a file that a forked child gets a copy of: zeroed, readable and writable.
    pub(crate) fn private(len: usize) -> io::Result<Self> {
        Self::anonymous(len, libc::MAP_PRIVATE)
    }

    /// Maps memory without a file: zeroed, readable and writable. `sharing` is `MAP_PRIVATE` or `MAP_SHARED`.
    pub(crate) fn anonymous(len: usize, sharing: i32) -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // NetBSD must know now that the pages may become executable (`PROT_MPROTECT`).
        let later = if cfg!(target_os = "netbsd") { (access | libc::PROT_EXEC) << 3 } else { 0 };
        let flags = libc::MAP_ANON | sharing;
        // SAFETY: the system chooses an address where nothing is mapped, and nothing else has it.
        unsafe { Self::new(libc::mmap(ptr::null_mut(), len, access | later, flags, -1, 0), len) }
    }

    /// Owns the mapping that a system call made. `address` is the call's result.
    ///
    /// # Safety
    ///
    /// If the call has succeeded, it mapped `len` bytes at `address`, and no other owner unmaps them.
    ///
    /// # Errors
    ///
    /// The error of the call, which is the last one of this thread.
    pub(crate) unsafe fn new(address: *mut c_void, len: usize) -> io::Result<Self> {
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: NonNull::new(address.cast()).ok_or(io::ErrorKind::OutOfMemory)?, len })
    }

    /// Keeps the pages as long as the process lives.
    pub(crate) fn leak(self) -> NonNull<u8> {
        let start = self.start;
        mem::forget(self);
        start
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this value owns the mapping, and its contents are not used any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Makes pages readable and executable, and no longer writable.
///
/// # Safety
///
/// The caller owns the pages that `len` bytes at `start` take. `start` is the first byte of a page. Nothing uses these
/// addresses during this call, or writes to them later.
#[cfg(feature = "cranelift")]
pub(crate) unsafe fn seal(start: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: the caller promises that it owns the pages, and that nothing depends on their old protection.
    match unsafe { libc::mprotect(start.cast(), len, libc::PROT_READ | libc::PROT_EXEC) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Returns the number of bytes of a page.
#[cfg(feature = "cranelift")]
pub(crate) fn page_size() -> usize {
    // SAFETY: the call has no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}
