//! The provider through which cranelift-jit gets its memory: fresh pages for each allocation, sealed by `finalize`.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use cranelift_jit::{BranchProtection, JITMemoryKind, JITMemoryProvider};
use cranelift_module::{ModuleError, ModuleResult};
use memmap2::{Mmap, MmapMut};

/// Writable pages on their way to being sealed.
pub(super) struct Pages {
    writable: Vec<MmapMut>,
    sealed: Sealed,
}

/// Where the pages go when they are executable. Dropping them unmaps them.
#[derive(Clone, Default)]
pub(super) struct Sealed(Arc<Mutex<Vec<Mmap>>>);

impl Sealed {
    /// The last pages sealed.
    pub(super) fn take(&self) -> Option<Mmap> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Pages {
    pub(super) fn new() -> (Self, Sealed) {
        let sealed = Sealed::default();
        (Self { writable: Vec::new(), sealed: sealed.clone() }, sealed)
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
        let mut pages = MmapMut::map_anon(size)?;
        let address = pages.as_mut_ptr();
        self.writable.push(pages);
        Ok(address)
    }

    unsafe fn free_memory(&mut self) {
        self.writable.clear();
    }

    fn finalize(&mut self, _: BranchProtection) -> ModuleResult<()> {
        let mut sealed = self.sealed.0.lock().unwrap_or_else(PoisonError::into_inner);
        for pages in self.writable.drain(..) {
            sealed.push(pages.make_exec().map_err(|err| ModuleError::Allocation { err })?);
        }
        Ok(())
    }
}
