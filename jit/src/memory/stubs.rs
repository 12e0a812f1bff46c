//! Tables of stubs: a page of code, the same for every table of its kind, and behind it a page of the stubs' data.
//!
//! The code never changes once it is mapped; a callback is made by writing to the data. Both stay mapped as long as the
//! process lives, because C may call a stub at any time.

use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicPtr;

use super::unwind::Registration;
use crate::lower::stub::{ContextPlace, STRIDE};

/// The two words that a stub's code reads.
#[repr(C)]
pub(crate) struct StubData {
    /// What the thunk gets.
    pub(crate) context: AtomicPtr<c_void>,
    /// Where the stub jumps to.
    pub(crate) thunk: AtomicPtr<c_void>,
}

const _: () = assert!(size_of::<StubData>() == STRIDE);

/// The stubs of one table that nobody took yet.
pub(crate) struct Fresh {
    entry: NonNull<u8>,
    /// Bytes from a stub to its data.
    distance: usize,
    left: usize,
}

// SAFETY: a `Fresh` is the only way to the stubs that are left in it, and the memory stays mapped.
unsafe impl Send for Fresh {}

impl Fresh {
    pub(crate) const fn none() -> Self {
        Self { entry: NonNull::dangling(), distance: 0, left: 0 }
    }

    /// A new table with pages of the system's size.
    pub(crate) fn table(place: ContextPlace) -> io::Result<Self> {
        Self::table_of(place, region::page::size(), map_shared)
            .or_else(|_| Self::table_of(place, region::page::size(), map_sealed))
    }

    fn table_of(
        place: ContextPlace,
        page: usize,
        map: fn(&[u8], usize) -> io::Result<NonNull<u8>>,
    ) -> io::Result<Self> {
        let code = place.code(page).repeat(page / STRIDE);
        let entry = map(&code, page)?;
        if let Some(registration) = Registration::of_stubs(place, entry.as_ptr(), page).map_err(io::Error::other)? {
            // As long as the code.
            std::mem::forget(registration);
        }
        Ok(Self { entry, distance: page, left: page / STRIDE })
    }

    /// The next stub's code and data. The data is zero, and the stub must not be called before that has changed.
    pub(crate) fn next(&mut self) -> Option<(NonNull<u8>, &'static StubData)> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.entry;
        // SAFETY: the table has a stub here, and what follows is inside the table or its end.
        let data = unsafe {
            self.entry = entry.add(STRIDE);
            entry.add(self.distance).cast::<StubData>().as_ref()
        };
        Some((entry, data))
    }
}

/// Maps the code from a file, so that it is never writable where it is executable, and data behind it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn map_shared(code: &[u8], page: usize) -> io::Result<NonNull<u8>> {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    let mut file = super::pages::anonymous_file(0)?;
    file.write_all(code)?;
    let memory = map(
        ptr::null_mut(),
        2 * page,
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        -1,
    )?;
    // Private, like the data: what a forked child does to its pages is its own affair.
    let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
    map(memory.as_ptr().cast(), page, libc::PROT_READ | libc::PROT_EXEC, flags, file.as_raw_fd()).inspect_err(|_| {
        // SAFETY: the mapping is ours, and nobody knows of it.
        unsafe { libc::munmap(memory.as_ptr().cast(), 2 * page) };
    })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn map(at: *mut c_void, len: usize, protection: i32, flags: i32, file: i32) -> io::Result<NonNull<u8>> {
    // SAFETY: a new mapping, or one over memory of the caller's.
    let address = unsafe { libc::mmap(at, len, protection, flags, file, 0) };
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(address.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn map_shared(_code: &[u8], _page: usize) -> io::Result<NonNull<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Maps fresh pages, and lets the code be executed once it is written.
fn map_sealed(code: &[u8], page: usize) -> io::Result<NonNull<u8>> {
    use region::Protection;

    let mut memory = region::alloc(2 * page, Protection::READ_WRITE).map_err(io::Error::other)?;
    let start = NonNull::new(memory.as_mut_ptr::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
    // SAFETY: the memory is ours, writable, and twice as long as a page; nobody runs it yet.
    unsafe {
        start.copy_from_nonoverlapping(NonNull::from(code).cast(), code.len());
        region::protect(start.as_ptr(), page, Protection::READ_EXECUTE).map_err(io::Error::other)?;
    }
    std::mem::forget(memory);
    Ok(start)
}
