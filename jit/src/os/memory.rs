//! Memory for code. No address is ever writable and executable. Memory that may be executing never changes its
//! protection.

use std::io;
use std::ptr::NonNull;

use crate::os::dual::Dual;
use crate::os::mapping::{self, Mapping};

/// Memory that code is written to and executed from, unmapped when the value is dropped.
pub(crate) enum CodeMemory {
    /// One memory at two addresses.
    Dual {
        views: Dual,
        /// True if the memory is a file. `perf` does not look for names of code in a file.
        has_file: bool,
    },
    /// Pages that are writable until they are sealed.
    Sealed(Mapping),
}

impl CodeMemory {
    /// Maps a new file in memory twice.
    pub(crate) fn dual(len: usize) -> io::Result<Self> {
        Ok(Self::Dual { views: Dual::of_file(len)?, has_file: true })
    }

    /// Maps memory without a file twice.
    pub(crate) fn dual_without_file(len: usize) -> io::Result<Self> {
        Ok(Self::Dual { views: Dual::without_file(len)?, has_file: false })
    }

    /// Maps pages that are writable until they are sealed.
    pub(crate) fn sealed(len: usize) -> io::Result<Self> {
        Mapping::private(len.next_multiple_of(mapping::page_size())).map(Self::Sealed)
    }

    /// Makes code read-only.
    ///
    /// # Safety
    ///
    /// * The `len` bytes at the writable address `start` belong to this memory.
    /// * If [`Self::align`] is the size of a page, `start` is the first byte of one, and the pages hold only one
    ///   function, which does not run yet.
    pub(crate) unsafe fn seal(&self, start: *mut u8, len: usize) -> io::Result<()> {
        match self {
            Self::Dual { .. } => Ok(()),
            // SAFETY: the caller promises that the pages begin at `start`, belong to this memory, and hold only a
            // function that does not run yet.
            Self::Sealed(_) => unsafe { mapping::seal(start, len) },
        }
    }

    /// The alignment of functions: a quarter of a cache line, or a page if each function has its own.
    pub(crate) fn align(&self) -> usize {
        match self {
            Self::Dual { .. } => 16,
            Self::Sealed(_) => mapping::page_size(),
        }
    }

    pub(crate) const fn has_file(&self) -> bool {
        matches!(self, Self::Dual { has_file: true, .. })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Dual { views, .. } => views.len(),
            Self::Sealed(memory) => memory.len,
        }
    }

    pub(crate) fn writable(&self) -> *const u8 {
        match self {
            Self::Dual { views, .. } => views.writable(),
            Self::Sealed(memory) => memory.start.as_ptr(),
        }
    }

    pub(crate) fn executable(&self) -> *const u8 {
        match self {
            Self::Dual { views, .. } => views.executable(),
            Self::Sealed(memory) => memory.start.as_ptr(),
        }
    }
}

/// Maps new pages with code, and as much zeroed memory for data behind it. The code takes whole pages, and can be
/// executed once it is written. The mapping lives as long as the process.
pub(crate) fn sealed_table(code: &[u8]) -> io::Result<NonNull<u8>> {
    let memory = Mapping::private(2 * code.len())?;
    // SAFETY: the memory belongs to this function, is writable, and is twice as long as the code, which does not run
    // yet.
    unsafe {
        memory.start.copy_from_nonoverlapping(NonNull::from(code).cast(), code.len());
        mapping::seal(memory.start.as_ptr(), code.len())?;
    }
    Ok(memory.leak())
}
