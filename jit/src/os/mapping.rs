//! Mappings of memory that their owners unmap.

use std::ffi::c_void;
use std::io;
use std::mem;
use std::ptr::{self, NonNull};

/// Pages of memory, unmapped when this is dropped.
pub(crate) struct Mapping {
    pub(crate) start: NonNull<u8>,
    pub(crate) len: usize,
}

impl Mapping {
    /// Maps memory of no file, zeroed, readable and writable. `sharing` is `MAP_PRIVATE` or `MAP_SHARED`.
    pub(crate) fn anonymous(len: usize, sharing: i32) -> io::Result<Self> {
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_ANONYMOUS | sharing);
        // SAFETY: the system chooses an address where nothing is mapped, and nobody else knows of the mapping.
        unsafe { Self::new(libc::mmap(ptr::null_mut(), len, access, flags, -1, 0), len) }
    }

    /// Owns what a system call mapped, of which `address` is the result.
    ///
    /// # Safety
    ///
    /// If the call has succeeded, it mapped `len` bytes at `address`, and nobody else unmaps them.
    ///
    /// # Errors
    ///
    /// That of the call, the last one of this thread.
    pub(crate) unsafe fn new(address: *mut c_void, len: usize) -> io::Result<Self> {
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: NonNull::new(address.cast()).ok_or(io::ErrorKind::OutOfMemory)?, len })
    }

    /// Lets the pages stay as long as the process lives.
    pub(crate) fn leak(self) -> NonNull<u8> {
        let start = self.start;
        mem::forget(self);
        start
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's, and nobody runs, reads or writes its contents any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}
