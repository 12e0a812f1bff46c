//! Random numbers and values, the same in every run.

use std::{ptr, slice};

use hotcall_jit::{Layout, Scalar, Type};

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): small, and neighbouring
/// seeds give unrelated numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub const fn below(&mut self, n: u32) -> u32 {
        (((self.bits() >> 32) * n as u64) >> 32) as u32
    }

    /// True once in `n` times.
    pub const fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    /// Puts things in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last as u32 + 1) as usize);
        }
    }

    /// `len` random bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        bytes
    }

    /// The bytes of a value of this layout. Padding is random too; `bool`s are 0 or 1.
    pub fn value(&mut self, layout: &Layout) -> Vec<u8> {
        let mut bytes = self.bytes(layout.size as usize);
        for leaf in layout.leaves.iter().filter(|leaf| leaf.scalar == Scalar::Bool) {
            bytes[leaf.offset as usize] &= 1;
        }
        bytes
    }
}

/// The slot of a scalar: docs/calls.md, "Slots".
pub fn slot(scalar: Scalar, bytes: &[u8]) -> u64 {
    let mut wide = [0; 8];
    let size = bytes.len().min(8);
    wide[..size].copy_from_slice(&bytes[..size]);
    let bits = u64::from_le_bytes(wide);
    if scalar.is_signed() {
        let unused = 64 - 8 * scalar.size();
        ((bits << unused).cast_signed() >> unused).cast_unsigned()
    } else {
        bits
    }
}

/// Tells for each byte of a value if a copy must keep it: the bytes of scalars, not the padding.
pub fn kept(ty: &Type) -> Vec<bool> {
    let layout = Layout::of(ty).expect("a type within the limits");
    let mut kept = vec![false; layout.size as usize];
    for leaf in &layout.leaves {
        kept[leaf.offset as usize..][..leaf.scalar.size() as usize].fill(true);
    }
    kept
}

/// Returns the meaning of a slot, or of the bytes at its address: padding is zero.
///
/// # Safety
///
/// The slot holds a scalar of the type, or the address of a value of it.
pub unsafe fn seen(ty: &Type, slot: u64) -> Vec<u8> {
    if ty.as_scalar().is_some() {
        return slot.to_le_bytes().into();
    }
    let kept = kept(ty);
    // SAFETY: the caller promises a value of the type, which has a byte for each of these.
    let bytes = unsafe { slice::from_raw_parts(ptr::with_exposed_provenance::<u8>(slot as usize), kept.len()) };
    bytes.iter().zip(kept).map(|(&byte, kept)| if kept { byte } else { 0 }).collect()
}
