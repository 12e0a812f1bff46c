//! Memory between two inaccessible pages, so that one byte too far in either direction is a fault.

use std::io;

use crate::pages::{PAGE, Pages};

/// Pages for reading and writing with an inaccessible page before and after them.
#[derive(Debug)]
pub struct Guarded(Pages);

impl Guarded {
    /// Maps `size` bytes or more: whole pages.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn new(size: usize) -> io::Result<Self> {
        let guarded = Self(Pages::new(size.next_multiple_of(PAGE) + 2 * PAGE)?);
        // SAFETY: more access is allowed than before.
        unsafe { guarded.0.allow(PAGE, guarded.size(), libc::PROT_READ | libc::PROT_WRITE) }?;
        Ok(guarded)
    }

    /// The first accessible byte.
    pub const fn start(&self) -> *mut u8 {
        self.0.start.wrapping_add(PAGE)
    }

    /// The number of accessible bytes.
    pub const fn size(&self) -> usize {
        self.0.len - 2 * PAGE
    }
}
