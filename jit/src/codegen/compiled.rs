//! Machine code that is not in its place yet.

use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_module::ModuleReloc;

use crate::engine::hole::Hole;

/// Machine code that is not in its place yet.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) bytes: Vec<u8>,
    pub(crate) align: u64,
    pub(crate) relocs: Vec<ModuleReloc>,
    pub(crate) unwind: Option<UnwindInfo>,
    /// Where addresses belong that each record has its own of, in 8 bytes each.
    pub(crate) holes: Vec<(u32, Hole)>,
}

impl Compiled {
    /// Code that Cranelift has no part in: it refers to nothing and leaves the frame as it found it.
    pub(crate) const fn assembled(bytes: Vec<u8>) -> Self {
        Self::template(bytes, Vec::new())
    }

    /// The same with addresses in these places that are yet to come.
    pub(crate) const fn template(bytes: Vec<u8>, holes: Vec<(u32, Hole)>) -> Self {
        Self { bytes, align: 16, relocs: Vec::new(), unwind: None, holes }
    }

    /// A copy with these addresses.
    pub(crate) fn filled(&self, address: impl Fn(Hole) -> u64) -> Self {
        let mut copy = self.clone();
        for &(at, hole) in &self.holes {
            copy.bytes[at as usize..][..8].copy_from_slice(&address(hole).to_le_bytes());
        }
        copy
    }
}
