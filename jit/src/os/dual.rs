//! Memory for code that is writable at one address and executable at another. Also tables of stubs, which are never
//! writable at their executable addresses.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};

use crate::os::file;
use crate::os::mapping::{self, Mapping};

/// One memory at two addresses.
pub(crate) struct Dual {
    writable: Mapping,
    executable: Mapping,
}

impl Dual {
    /// Maps a new file in memory twice.
    pub(crate) fn of_file(len: usize) -> io::Result<Self> {
        let file = file::anonymous(|file| file.set_len(len as u64))?;
        let view = |access| map_shared(&file, len, libc::PROT_READ | access);
        Ok(Self { writable: view(libc::PROT_WRITE)?, executable: view(libc::PROT_EXEC)? })
    }

    /// Maps shared memory without a file twice.
    pub(crate) fn without_file(len: usize) -> io::Result<Self> {
        let writable = Mapping::anonymous(len, libc::MAP_SHARED)?;
        let from = writable.start.as_ptr().cast();
        // SAFETY: a size of 0 asks for another mapping of the shared memory, and leaves this one. Nothing else has the
        // new address.
        let executable = unsafe { Mapping::new(libc::mremap(from, 0, len, libc::MREMAP_MAYMOVE), len) }?;
        // SAFETY: nothing has used the addresses of the new mapping yet. All writes go through `writable`.
        unsafe { mapping::seal(executable.start.as_ptr(), len) }?;
        Ok(Self { writable, executable })
    }

    pub(crate) const fn len(&self) -> usize {
        self.writable.len
    }

    pub(crate) const fn writable(&self) -> *const u8 {
        self.writable.start.as_ptr()
    }

    pub(crate) const fn executable(&self) -> *const u8 {
        self.executable.start.as_ptr()
    }
}

/// Maps a file's contents. All mappings of the file share changes.
fn map_shared(file: &File, len: usize, access: i32) -> io::Result<Mapping> {
    // SAFETY: the system chooses an address where nothing is mapped, and nothing else has it.
    unsafe { Mapping::new(libc::mmap(ptr::null_mut(), len, access, libc::MAP_SHARED, file.as_raw_fd(), 0), len) }
}

/// Maps code from a file, and as much zeroed memory for data behind it. The code takes whole pages. The mapping lives
/// as long as the process.
pub(crate) fn table(code: &[u8]) -> io::Result<NonNull<u8>> {
    let file = file::anonymous(|mut file| file.write_all(code))?;
    let memory = Mapping::private(2 * code.len())?;
    // The code is private, like the data, so that the pages of a forked child are its own.
    let (access, flags) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE | libc::MAP_FIXED);
    // SAFETY: only the first half of `memory` is replaced, and nothing else has its address.
    match unsafe { libc::mmap(memory.start.as_ptr().cast(), code.len(), access, flags, file.as_raw_fd(), 0) } {
        libc::MAP_FAILED => Err(io::Error::last_os_error()),
        _ => Ok(memory.leak()),
    }
}
