//! Memory between two inaccessible pages, so that one byte too far in either direction is a fault.

use std::{io, ptr};

const PAGE: usize = 4096;

/// Pages for reading and writing with an inaccessible page before and after them.
#[derive(Debug)]
pub struct Guarded {
    start: *mut u8,
    size: usize,
}

impl Guarded {
    /// Maps `size` bytes or more: whole pages.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn new(size: usize) -> io::Result<Self> {
        let size = size.next_multiple_of(PAGE);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a fresh private mapping at an address of the kernel's choice touches nothing that exists.
        let map = unsafe { libc::mmap(ptr::null_mut(), size + 2 * PAGE, libc::PROT_NONE, flags, -1, 0) };
        if map == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the mapping has a page before its accessible ones.
        let guarded = Self { start: unsafe { map.byte_add(PAGE) }.cast(), size };
        // SAFETY: the pages are ours.
        match unsafe { libc::mprotect(guarded.start.cast(), size, libc::PROT_READ | libc::PROT_WRITE) } {
            0 => Ok(guarded),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// The first accessible byte.
    pub const fn start(&self) -> *mut u8 {
        self.start
    }

    /// The number of accessible bytes.
    pub const fn size(&self) -> usize {
        self.size
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: `new` mapped exactly this.
        unsafe { libc::munmap(self.start.byte_sub(PAGE).cast(), self.size + 2 * PAGE) };
    }
}
