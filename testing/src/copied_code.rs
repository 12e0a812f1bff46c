//! Machine code, copied to pages of its own.

use std::{io, ptr, slice};

use crate::pages::Pages;

/// A copy of machine code, readable and executable.
#[derive(Debug)]
pub struct CopiedCode {
    pages: Pages,
    len: usize,
}

impl CopiedCode {
    /// Copies the code.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn new(code: &[u8]) -> io::Result<Self> {
        let pages = Pages::new(code.len())?;
        // SAFETY: nothing else has the pages. They are as long as the code, and writable while it is copied.
        unsafe {
            pages.allow(0, pages.len, libc::PROT_READ | libc::PROT_WRITE)?;
            ptr::copy_nonoverlapping(code.as_ptr(), pages.start, code.len());
            pages.allow(0, pages.len, libc::PROT_READ | libc::PROT_EXEC)?;
        }
        Ok(Self { pages, len: code.len() })
    }

    /// The copy.
    pub const fn code(&self) -> &[u8] {
        // SAFETY: `new` copied this many bytes to the pages. They are readable, and never written to again.
        unsafe { slice::from_raw_parts(self.pages.start, self.len) }
    }
}
