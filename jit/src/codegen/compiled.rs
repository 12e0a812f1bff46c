//! Machine code before it is in its place.

use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_module::ModuleReloc;

use crate::engine::hole::Hole;

/// Machine code before it is in its place.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) bytes: Vec<u8>,
    pub(crate) align: u64,
    pub(crate) relocs: Vec<ModuleReloc>,
    pub(crate) unwind: Option<UnwindInfo>,
    /// The holes, each with its offset and of 8 bytes. Every record fills them with its own addresses.
    pub(crate) holes: Vec<(u32, Hole)>,
}

impl Compiled {
    /// Wraps code that Cranelift did not generate. It refers to nothing, and leaves the frame as it found it.
    pub(crate) const fn assembled(bytes: Vec<u8>) -> Self {
        Self::template(bytes, Vec::new())
    }

    /// Wraps code that Cranelift did not generate, with these holes.
    pub(crate) const fn template(bytes: Vec<u8>, holes: Vec<(u32, Hole)>) -> Self {
        Self { bytes, align: 16, relocs: Vec::new(), unwind: None, holes }
    }

    /// Returns a copy with these addresses in its holes.
    pub(crate) fn filled(&self, address: impl Fn(Hole) -> u64) -> Self {
        let mut copy = self.clone();
        for &(at, hole) in &self.holes {
            copy.bytes[at as usize..][..8].copy_from_slice(&address(hole).to_le_bytes());
        }
        copy
    }
}
