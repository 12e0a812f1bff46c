//! The comparison of a model's objects with samples: values of the running engine.

use hotcall_jit::engine::fast_call::{Object, ResolvedHandle};
use hotcall_jit::engine::values::{ObjectClass, Words};
use hotcall_jit::probe;

use super::engine::Engine;
use super::site::Site;
use super::view::View;

/// Returns true if machine code reads all samples as the engine does, or leaves them to it; if at least one sample is of
/// each kind; if bytes that must not change are told from others; and if the counters count references. `retain` adds one
/// to an object.
///
/// The objects may be described wrong. A field that cannot be read differs.
///
/// # Safety
///
/// The samples and the site are the engine's. [`Engine::release`] releases what `retain` adds.
pub(super) unsafe fn agree<E: Engine>(
    engine: &E,
    objects: &ObjectClass,
    site: Site,
    samples: impl IntoIterator<Item = Words>,
    mut retain: impl FnMut(Words),
) -> bool {
    let writable = objects.for_writing();
    let mut found = vec![Found::default(); objects.kinds.len() + usize::from(objects.pointers.is_some())];
    for value in samples {
        let Some(readings) = objects.read_by_each(value).zip(writable.read_by_each(value)) else { return false };
        for (found, (reading, to_write)) in found.iter_mut().zip(readings.0.into_iter().zip(readings.1)) {
            let Some(reading) = reading else { continue };
            // SAFETY: the caller promises that the value and the site are the engine's.
            let view = unsafe { engine.view(site, value) };
            let is_read_only = matches!(view, View::ReadOnly { .. });
            if !is_seen(view, reading) || to_write.is_some() && is_read_only {
                return false;
            }
            found.to_write |= to_write.is_some();
            found.read_only |= is_read_only;
        }
        if let Some(counter) = counter(objects, value) {
            // SAFETY: `release` releases the reference that was added.
            let release = || unsafe { engine.release(site, value) };
            if !counts(counter, || retain(value), release) {
                return false;
            }
        }
    }
    // Without a sample that may not be written to, a check for that could be one that holds for all objects.
    let are_told = |(kind, found): (&Object, &Found)| found.read_only || kind.writable.is_empty();
    found.iter().all(|found| found.to_write) && objects.kinds.iter().zip(&found).all(are_told)
}

/// The samples of a kind.
#[derive(Clone, Copy, Default)]
struct Found {
    /// True if there is one that may be written to.
    to_write: bool,
    /// True if there is one that may not.
    read_only: bool,
}

/// Returns true if machine code's reading agrees with the engine's view.
fn is_seen(view: View, ResolvedHandle { slot, len }: ResolvedHandle) -> bool {
    match view {
        View::Bytes { address, len: bytes } | View::ReadOnly { address, len: bytes } => {
            len == bytes as u64 && (bytes == 0 || slot == address as u64)
        }
        View::Pointer(address) => len == u64::MAX && slot == address as u64,
        View::Number(_) | View::BigInt(_) | View::Boolean(_) | View::Null | View::Undefined | View::Other(_) => false,
    }
}

/// Returns the address of an object's counter, if the list of pinned objects has counters.
fn counter(objects: &ObjectClass, value: Words) -> Option<u64> {
    let offset = objects.pins?.references?;
    Some(objects.word(value)?.wrapping_add_signed(offset.into()))
}

/// Returns true if the counter of 4 bytes grows by 1 with a reference, and shrinks again.
fn counts(counter: u64, retain: impl FnOnce(), release: impl FnOnce()) -> bool {
    let read = || {
        let mut bytes = [0; 4];
        let is_read = usize::try_from(counter).is_ok_and(|counter| probe::read(counter, &mut bytes));
        is_read.then(|| u32::from_ne_bytes(bytes))
    };
    let before = read();
    retain();
    let retained = read();
    release();
    before.is_some_and(|count| retained == Some(count.wrapping_add(1))) && read() == before
}
