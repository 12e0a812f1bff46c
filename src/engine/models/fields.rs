//! Searches objects for fields: the places where samples have what the engine's public functions say.

use std::ops::Range;

use hotcall_jit::probe;

/// Returns the only field where `fits` holds for each of the samples that are meant.
pub(super) fn only<S>(
    fields: Range<isize>,
    len: usize,
    samples: &[S],
    is_meant: impl Fn(&S) -> bool,
    fits: impl Fn(&S, isize) -> bool,
) -> Option<i32> {
    let meant = || samples.iter().filter(|sample| is_meant(sample));
    meant().next()?;
    let mut fields = fields.step_by(len).filter(|&at| meant().all(|sample| fits(sample, at)));
    let field = fields.next()?;
    if fields.next().is_some() { None } else { Some(field as i32) }
}

/// Reads a field of `len` bytes of an object, or of the memory behind it. `None` if there is no such memory.
///
/// The system reads it, because fields that a kind of object does not use are not initialised.
pub(super) fn read(base: u64, at: isize, len: usize) -> Option<u64> {
    let mut bytes = [0; 8];
    probe::read((base as usize).wrapping_add_signed(at), &mut bytes[..len]).then(|| u64::from_le_bytes(bytes))
}
