//! Systems on which hotcall does not map memory.

use std::io;
use std::ptr::NonNull;

/// A mapping, with its first byte. It does not have values.
pub(crate) struct Mapping {
    pub(crate) start: NonNull<u8>,
    pub(crate) len: usize,
    never: Never,
}

enum Never {}

impl Mapping {
    pub(crate) fn private(_: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn leak(self) -> NonNull<u8> {
        match self.never {}
    }
}

/// # Safety
///
/// The caller owns the pages.
pub(crate) unsafe fn seal(_: *mut u8, _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns the size that callers round up to before they ask for memory.
pub(crate) const fn page_size() -> usize {
    4096
}
