//! Memory for code. No address is ever writable and executable, and no memory that may run changes its protection.

use std::io;
use std::mem;
use std::ptr::NonNull;

use region::{Allocation, Protection, alloc, protect};

use crate::os::dual::Dual;

/// Memory that code is written to and executed from, unmapped when this is dropped.
pub(crate) enum CodeMemory {
    /// One memory at two addresses.
    Dual {
        views: Dual,
        /// `perf` looks for no names of code in a file.
        has_file: bool,
    },
    /// Pages that are writable until they are sealed.
    Sealed(Allocation),
}

impl CodeMemory {
    /// Maps a new file in memory twice.
    pub(crate) fn dual(len: usize) -> io::Result<Self> {
        Ok(Self::Dual { views: Dual::of_file(len)?, has_file: true })
    }

    /// Maps memory of no file twice.
    pub(crate) fn dual_without_file(len: usize) -> io::Result<Self> {
        Ok(Self::Dual { views: Dual::without_file(len)?, has_file: false })
    }

    /// Maps pages that are writable until they are sealed.
    pub(crate) fn sealed(len: usize) -> io::Result<Self> {
        alloc(len, Protection::READ_WRITE).map(Self::Sealed).map_err(io::Error::other)
    }

    /// Lets nothing be written to code any more.
    ///
    /// # Safety
    ///
    /// The `len` bytes at `start`, an address to write to, are this memory's. Their pages hold nothing but one function that
    /// nobody runs yet, if [`Self::align`] is that of pages.
    pub(crate) unsafe fn seal(&self, start: *mut u8, len: usize) -> io::Result<()> {
        match self {
            Self::Dual { .. } => Ok(()),
            // SAFETY: the caller vouches for the pages.
            Self::Sealed(_) => unsafe { protect(start, len, Protection::READ_EXECUTE) }.map_err(io::Error::other),
        }
    }

    /// Functions begin at multiples of this: of a cache line's quarter, or of pages where each has its own.
    pub(crate) fn align(&self) -> usize {
        match self {
            Self::Dual { .. } => 16,
            Self::Sealed(_) => page_size(),
        }
    }

    pub(crate) const fn has_file(&self) -> bool {
        matches!(self, Self::Dual { has_file: true, .. })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Dual { views, .. } => views.len(),
            Self::Sealed(memory) => memory.len(),
        }
    }

    pub(crate) fn writable(&self) -> *const u8 {
        match self {
            Self::Dual { views, .. } => views.writable(),
            Self::Sealed(memory) => memory.as_ptr(),
        }
    }

    pub(crate) fn executable(&self) -> *const u8 {
        match self {
            Self::Dual { views, .. } => views.executable(),
            Self::Sealed(memory) => memory.as_ptr(),
        }
    }
}

/// Maps fresh pages with code, whole pages of it, and as much zeroed memory for data behind it, for as long as the process
/// lives. The code can be executed once it is written.
pub(crate) fn sealed_table(code: &[u8]) -> io::Result<NonNull<u8>> {
    let mut memory = alloc(2 * code.len(), Protection::READ_WRITE).map_err(io::Error::other)?;
    let start = NonNull::new(memory.as_mut_ptr::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
    // SAFETY: the memory is ours, writable, and twice as long as the code; nobody runs it yet.
    unsafe {
        start.copy_from_nonoverlapping(NonNull::from(code).cast(), code.len());
        protect(start.as_ptr(), code.len(), Protection::READ_EXECUTE).map_err(io::Error::other)?;
    }
    mem::forget(memory);
    Ok(start)
}

/// Returns how many bytes a page has.
pub(crate) fn page_size() -> usize {
    region::page::size()
}
