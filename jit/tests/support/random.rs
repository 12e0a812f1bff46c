//! Random values for signatures, the same in every run.

use hotcall_jit::{Layout, Scalar, Type};

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The bytes of a value of this layout, random also where there is padding; only `bool`s are what they must be.
    pub(crate) fn bytes(&mut self, layout: &Layout) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..layout.size).map(|_| self.next() as u8).collect();
        for leaf in layout.leaves.iter().filter(|leaf| leaf.scalar == Scalar::Bool) {
            bytes[leaf.offset as usize] &= 1;
        }
        bytes
    }
}

/// The canonical slot that holds a scalar with these bytes.
pub(crate) fn slot(scalar: Scalar, bytes: &[u8]) -> u64 {
    let mut slot = [0; 8];
    slot[..bytes.len()].copy_from_slice(bytes);
    let shift = 64 - 8 * bytes.len() as u32;
    let slot = u64::from_le_bytes(slot);
    if scalar.is_signed() { ((slot << shift) as i64 >> shift) as u64 } else { slot }
}

/// Which bytes of a value of this type a copy must keep: those of its scalars, not the padding.
pub(crate) fn kept(ty: &Type) -> Vec<bool> {
    let layout = Layout::of(ty).expect("a type within the limits");
    let mut kept = vec![false; layout.size as usize];
    for leaf in &layout.leaves {
        kept[leaf.offset as usize..][..leaf.scalar.size() as usize].fill(true);
    }
    kept
}
