//! Scalars in memory, as slots.

use hotcall_jit::Scalar;

use super::slot::Slot;

/// Reads a scalar as a canonical slot. `bytes` has the scalar's size.
pub(crate) fn load(scalar: Scalar, bytes: &[u8]) -> Slot {
    let mut all = [0; 8];
    all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Slot::from_bits(u64::from_le_bytes(all)).canonical(scalar)
}

/// Writes a slot as a scalar. `bytes` has the scalar's size.
pub(crate) fn store(scalar: Scalar, value: Slot, bytes: &mut [u8]) {
    let all = value.canonical(scalar).to_bits().to_le_bytes();
    bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
}
