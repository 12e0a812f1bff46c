//! Chunks of memory for code, and the provider through which cranelift-jit takes memory from one.
//!
//! If the system allows it, a chunk is mapped twice, writable at one address and executable at another. Then functions
//! lie side by side, and adding one takes no system call. Otherwise each function has its own pages, which are sealed.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cranelift_jit::{BranchProtection, JITMemoryKind, JITMemoryProvider};
use cranelift_module::{ModuleError, ModuleResult};

use crate::code::counters::Counters;
use crate::code::unwind::{Frames, Registration};
use crate::debug::name::Name;
use crate::debug::registry::{Region, is_profiled};
use crate::error::JitError;
use crate::os::fork;
use crate::os::memory::CodeMemory;

/// The size of a chunk, unless one function needs more. Pages that no function has taken yet cost address space only.
const CHUNK_SIZE: usize = 64 * 1024;

/// Memory for code. It is unmapped when its last function is dropped.
pub(crate) struct Chunk {
    /// Declared before the memory, so that it is dropped first.
    unwind: Option<Registration>,
    region: Option<Region>,
    counters: Option<Arc<Counters>>,
    memory: CodeMemory,
    /// The number of bytes that functions have taken.
    taken: AtomicUsize,
    /// The generation of the process that may add code. A child must not, because both views are shared with its
    /// parent.
    generation: usize,
}

// SAFETY: the memory is addresses and lengths. Apart from `drop`, they are only read.
unsafe impl Send for Chunk {}
// SAFETY: shared references read addresses and lengths. `take` alone gives memory away. The module that owns the one
// `Pages` of this chunk calls it, in a linker that one thread uses at a time.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// A chunk with room for a function of at least `size` bytes.
    pub(crate) fn new(size: usize) -> io::Result<Self> {
        if !fork::are_all_noticed() {
            // The child of a raw fork would write to its parent's code.
            return Self::sealed(size);
        }
        let map = if is_profiled() { CodeMemory::dual_without_file } else { CodeMemory::dual };
        Self::of(map, size).or_else(|_| Self::sealed(size))
    }

    pub(crate) fn sealed(size: usize) -> io::Result<Self> {
        Self::of(CodeMemory::sealed, size)
    }

    fn of(map: fn(usize) -> io::Result<CodeMemory>, size: usize) -> io::Result<Self> {
        Ok(Self {
            memory: map(size.max(CHUNK_SIZE))?,
            taken: AtomicUsize::new(0),
            generation: fork::generation()?,
            unwind: None,
            region: None,
            counters: None,
        })
    }

    /// Registers all code of the chunk with the unwinder and debuggers, and counts the chunk. Must be called before
    /// code is added.
    pub(crate) fn prepared(mut self, frames: Frames, counters: &Arc<Counters>) -> Result<Self, JitError> {
        self.unwind = Registration::of_chunk(frames, self.memory.executable(), self.memory.len())?;
        let frame = self.unwind.as_ref().map_or(&[][..], Registration::entries);
        self.region = Some(Region::new(self.memory.executable(), self.memory.len(), frame));
        counters.mapped_bytes.fetch_add(self.memory.len(), Ordering::Relaxed);
        self.counters = Some(Arc::clone(counters));
        Ok(self)
    }

    /// Names a function that was added. `own` describes the frames of this function alone.
    pub(crate) fn name(&self, code: *const u8, len: usize, name: &Name, own: Option<&Registration>) {
        if let Some(region) = &self.region {
            region.add(code, len, name, own.map_or(&[], Registration::entries));
        }
    }

    /// The counters of the chunk's `Jit`.
    pub(crate) fn counters(&self) -> Option<&Counters> {
        self.counters.as_deref()
    }

    /// Returns true if a function of `size` bytes may be added.
    pub(crate) fn has_room(&self, size: usize) -> bool {
        let end = self.taken.load(Ordering::Relaxed).next_multiple_of(self.memory.align()) + size;
        let hidden = is_profiled() && self.memory.has_file();
        end <= self.memory.len() && self.generation == fork::current_generation() && !hidden
    }

    pub(crate) fn contains(&self, start: *const u8, len: usize) -> bool {
        let (executable, size) = (self.memory.executable().addr(), self.memory.len());
        (executable..executable + size).contains(&start.addr()) && len <= executable + size - start.addr()
    }

    /// The executable address of code that was written at `writable`.
    pub(crate) fn executable_at(&self, writable: *const u8) -> *const u8 {
        self.memory.executable().wrapping_add(writable.addr() - self.memory.writable().addr())
    }

    /// Takes `size` bytes to write code to.
    fn take(&self, size: usize) -> io::Result<*mut u8> {
        let at = self.taken.load(Ordering::Relaxed).next_multiple_of(self.memory.align());
        if at + size > self.memory.len() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.taken.store(at + size, Ordering::Relaxed);
        Ok(self.memory.writable().cast_mut().wrapping_add(at))
    }

    /// Makes code read-only for which [`Self::take`] gave memory.
    fn seal(&self, start: *mut u8, size: usize) -> io::Result<()> {
        // SAFETY: the pages belong to the chunk, begin at `start` because `take` aligns to them, and hold only this
        // function, which does not run yet.
        unsafe { self.memory.seal(start, size) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(counters) = &self.counters {
            counters.mapped_bytes.fetch_sub(self.memory.len(), Ordering::Relaxed);
        }
    }
}

/// Gives out a chunk's memory and seals it.
pub(crate) struct Pages {
    chunk: Arc<Chunk>,
    /// Start and size of memory that was given out and is still being written.
    open: Vec<(*mut u8, usize)>,
}

// SAFETY: the addresses lie in the chunk's memory, and only the owner of this value writes to them.
unsafe impl Send for Pages {}

impl Pages {
    pub(crate) const fn new(chunk: Arc<Chunk>) -> Self {
        Self { chunk, open: Vec::new() }
    }
}

impl JITMemoryProvider for Pages {
    fn allocate(&mut self, size: usize, align: u64, kind: JITMemoryKind) -> io::Result<*mut u8> {
        // Trampolines do not have data, and need no greater alignment.
        if !matches!(kind, JITMemoryKind::Executable) || align as usize > self.chunk.memory.align() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let address = self.chunk.take(size)?;
        self.open.push((address, size));
        Ok(address)
    }

    /// Does nothing: the chunk's functions hold the chunk, and the last one frees it.
    unsafe fn free_memory(&mut self) {}

    fn finalize(&mut self, _: BranchProtection) -> ModuleResult<()> {
        self.open
            .drain(..)
            .try_for_each(|(address, size)| self.chunk.seal(address, size))
            .map_err(|err| ModuleError::Allocation { err })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `mov eax, 7; ret`
    #[cfg(target_arch = "x86_64")]
    const SEVEN: [u8; 6] = [0xb8, 7, 0, 0, 0, 0xc3];

    #[cfg(target_arch = "x86_64")]
    fn runs(chunk: Chunk) {
        let chunk = Arc::new(chunk);
        let mut pages = Pages::new(Arc::clone(&chunk));
        while chunk.has_room(SEVEN.len()) {
            let address = pages.allocate(SEVEN.len(), 16, JITMemoryKind::Executable).unwrap();
            // SAFETY: the memory was just given out, with room for these bytes.
            unsafe { address.copy_from_nonoverlapping(SEVEN.as_ptr(), SEVEN.len()) };
            pages.finalize(BranchProtection::None).unwrap();
            let entry = chunk.executable_at(address);
            assert!(chunk.contains(entry, SEVEN.len()));
            // SAFETY: these bytes are a function of this type.
            let seven = unsafe { std::mem::transmute::<*const u8, extern "C" fn() -> i32>(entry) };
            assert_eq!(seven(), 7);
        }
        let full = pages.allocate(SEVEN.len(), 16, JITMemoryKind::Executable).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::OutOfMemory);
        let data = pages.allocate(8, 8, JITMemoryKind::Writable).unwrap_err();
        assert_eq!(data.kind(), io::ErrorKind::Unsupported);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn code_runs_from_two_views() {
        runs(Chunk::of(CodeMemory::dual, 1).unwrap());
        runs(Chunk::of(CodeMemory::dual_without_file, 1).unwrap());
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn code_runs_from_sealed_pages() {
        runs(Chunk::sealed(1).unwrap());
    }

    #[test]
    fn large_functions_get_larger_chunks() {
        assert!(Chunk::new(3 * CHUNK_SIZE).unwrap().has_room(3 * CHUNK_SIZE));
    }

    /// Checks that executable addresses are never writable.
    #[test]
    #[cfg(target_os = "linux")]
    fn no_address_is_writable_and_executable() {
        let maps = [CodeMemory::dual, CodeMemory::dual_without_file, CodeMemory::sealed];
        let chunks = maps.map(|map| Chunk::of(map, 1).unwrap());
        chunks.iter().for_each(|chunk| assert!(chunk.take(16).is_ok()));
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let permissions: Vec<_> = maps.lines().filter_map(|line| line.split(' ').nth(1)).collect();
        assert!(!permissions.is_empty());
        assert!(!permissions.iter().any(|flags| flags.contains('w') && flags.contains('x')), "{maps}");
    }
}
