//! Chunks of pages, and the provider through which cranelift-jit takes memory from one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cranelift_jit::{BranchProtection, JITMemoryKind, JITMemoryProvider};
use cranelift_module::{ModuleError, ModuleResult};
use region::{Allocation, Protection};

/// How much memory a chunk has, unless one function needs more. Pages that no function took yet cost address space only.
const CHUNK_SIZE: usize = 64 * 1024;

/// Pages for code: writable at first, sealed function by function, unmapped when the last function goes.
pub(super) struct Chunk {
    memory: Allocation,
    /// Bytes given away, a multiple of the page size.
    taken: AtomicUsize,
}

// SAFETY: the allocation is an address and a length, which only `drop` uses otherwise than to read them.
unsafe impl Send for Chunk {}
// SAFETY: as above; pages are given away by an atomic counter, each to one owner.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// A chunk with room for a function of at least `size` bytes.
    pub(super) fn new(size: usize) -> io::Result<Self> {
        let memory = region::alloc(size.max(CHUNK_SIZE), Protection::READ_WRITE).map_err(io::Error::other)?;
        Ok(Self { memory, taken: AtomicUsize::new(0) })
    }

    /// Whether a function of `size` bytes fits.
    pub(super) fn has_room(&self, size: usize) -> bool {
        size <= self.memory.len() - self.taken.load(Ordering::Relaxed)
    }

    pub(super) fn contains(&self, start: *const u8, len: usize) -> bool {
        let range = self.memory.as_range();
        range.contains(&start.addr()) && len <= range.end - start.addr()
    }

    /// The next `size` bytes, rounded up to pages.
    fn take(&self, size: usize) -> io::Result<*mut u8> {
        let pages = size.next_multiple_of(region::page::size());
        let at = self.taken.fetch_add(pages, Ordering::Relaxed);
        if pages > self.memory.len().saturating_sub(at) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(self.memory.as_ptr::<u8>().cast_mut().wrapping_add(at))
    }
}

/// Gives out a chunk's pages and seals them.
pub(super) struct Pages {
    chunk: Arc<Chunk>,
    /// Start and size of what was given out and is still writable.
    writable: Vec<(*mut u8, usize)>,
}

// SAFETY: the addresses are of pages of the chunk, which no thread but the owner of this value writes to.
unsafe impl Send for Pages {}

impl Pages {
    pub(super) const fn new(chunk: Arc<Chunk>) -> Self {
        Self { chunk, writable: Vec::new() }
    }
}

impl JITMemoryProvider for Pages {
    /// Pages are aligned far beyond what functions ask for.
    fn allocate(&mut self, size: usize, _align: u64, kind: JITMemoryKind) -> io::Result<*mut u8> {
        match kind {
            JITMemoryKind::Executable => {}
            // Trampolines have no data.
            JITMemoryKind::Writable | JITMemoryKind::ReadOnly => return Err(io::ErrorKind::Unsupported.into()),
        }
        let address = self.chunk.take(size)?;
        self.writable.push((address, size));
        Ok(address)
    }

    /// The chunk's functions hold it; it goes with the last of them.
    unsafe fn free_memory(&mut self) {}

    fn finalize(&mut self, _: BranchProtection) -> ModuleResult<()> {
        for (address, size) in self.writable.drain(..) {
            // SAFETY: the pages are the chunk's, hold nothing but this function, and nobody runs it yet.
            let sealed = unsafe { region::protect(address, size, Protection::READ_EXECUTE) };
            sealed.map_err(|error| ModuleError::Allocation { err: io::Error::other(error) })?;
        }
        Ok(())
    }
}
