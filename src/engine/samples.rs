//! The comparison of a model's objects with samples: values of the running engine.

use hotcall_jit::engine::fast_call::{Object, Reading, ResolvedHandle};
use hotcall_jit::engine::values::{ObjectClass, Words};
use hotcall_jit::probe;

use super::engine::Engine;
use super::site::Site;
use super::view::View;

/// Returns true if machine code reads all samples as the engine does, or leaves them to it; if at least one sample is of
/// each kind, and another one if script may move its bytes; if bytes that must not change are told from others; and if the
/// counters count references. `retain` adds one to an object.
///
/// The objects may be described wrong. A field that cannot be read differs.
///
/// # Safety
///
/// The samples and the site are the engine's. [`Engine::release`] releases what `retain` adds.
pub(super) unsafe fn agree<E: Engine>(
    engine: &E,
    objects: &ObjectClass,
    is_indirect: bool,
    site: Site,
    samples: impl IntoIterator<Item = Words>,
    mut retain: impl FnMut(Words),
) -> bool {
    let mut found = vec![Found::default(); objects.kinds.len() + usize::from(objects.pointers.is_some())];
    for value in samples {
        let Some(words) = words(value, is_indirect) else { return false };
        let Some(readings) = objects.read_by_each(words) else { return false };
        let kinds = objects.kinds.iter().map(Some).chain([None]);
        for ((found, reading), kind) in found.iter_mut().zip(readings).zip(kinds) {
            let Some(reading) = reading else { continue };
            let always_moves = kind.is_some_and(Object::always_moves);
            // SAFETY: the caller promises that the value and the site are the engine's.
            let Some(seen) = (unsafe { compare(engine, site, value, reading, always_moves) }) else { return false };
            *found = found.and(seen);
        }
        if let Some(counter) = counter(objects, words) {
            // SAFETY: `release` releases the reference that was added.
            let release = || unsafe { engine.release(site, value) };
            if !counts(counter, || retain(value), release) {
                return false;
            }
        }
    }
    let is_complete = |(kind, found): (&Object, &Found)| found.is_complete(kind);
    objects.kinds.iter().zip(&found).all(is_complete) && found.iter().all(|found| found.writable)
}

/// Returns the words of a sample, which may be the address of a value. `None` if that cannot be read.
fn words(sample: Words, is_indirect: bool) -> Option<Words> {
    if !is_indirect {
        return Some(sample);
    }
    let mut word = [0; 8];
    probe::read(usize::try_from(sample[0]).ok()?, &mut word).then_some([u64::from_ne_bytes(word), 0])
}

/// The samples of a kind: true for each state of which there is one.
#[derive(Clone, Copy, Default)]
struct Found {
    /// Bytes that may change, and that stay if some of the kind do; or a pointer.
    writable: bool,
    /// Bytes that must not change.
    read_only: bool,
    /// Bytes that script may move, not all 0.
    moving: bool,
}

impl Found {
    const fn and(self, other: Self) -> Self {
        Self {
            writable: self.writable || other.writable,
            read_only: self.read_only || other.read_only,
            moving: self.moving || other.moving,
        }
    }

    /// Returns true if no check of the kind could be one that holds for all objects.
    fn is_complete(&self, kind: &Object) -> bool {
        (self.read_only || kind.writable.is_empty()) && (self.moving || kind.stays.is_none())
    }
}

/// Compares machine code's reading of a sample with the engine's view. `None` if they differ.
///
/// # Safety
///
/// The value and the site are the engine's.
unsafe fn compare<E: Engine>(
    engine: &E,
    site: Site,
    value: Words,
    reading: Reading,
    always_moves: bool,
) -> Option<Found> {
    let Reading { found, stays, is_writable, .. } = reading;
    // The view may move the bytes.
    let before = if stays { None } else { Some(contents(found.slot, found.len)?) };
    // SAFETY: the caller promises that the value and the site are the engine's.
    let view = unsafe { engine.view(site, value) };
    let read_only = matches!(view, View::ReadOnly { .. });
    let agrees = before.as_ref().map_or_else(|| is_seen(view, found), |bytes| is_moved(view, found, bytes));
    let moving = before.is_some_and(|bytes| bytes.iter().any(|&byte| byte != 0));
    (agrees && !(is_writable && read_only)).then_some(Found {
        writable: (stays || always_moves) && is_writable,
        read_only,
        moving,
    })
}

/// The largest number of bytes of a sample that are compared.
const MAX_COMPARED: u64 = 4096;

/// Returns the first bytes at an address, if they can be read.
fn contents(address: u64, len: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; len.min(MAX_COMPARED) as usize];
    let is_read = bytes.is_empty() || probe::read(usize::try_from(address).ok()?, &mut bytes);
    is_read.then_some(bytes)
}

/// Returns true if the engine's view has the bytes that machine code has found before, wherever they are now.
fn is_moved(view: View, ResolvedHandle { len, .. }: ResolvedHandle, before: &[u8]) -> bool {
    let Some((address, now)) = view.bytes() else { return false };
    len == now as u64 && contents(address as u64, len).as_deref() == Some(before)
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
