//! The comparison of a model's objects with samples: values of the running engine.

use hotcall_jit::engine::fast_call::{Reading, ResolvedHandle};
use hotcall_jit::engine::values::{ObjectClass, Words};
use hotcall_jit::probe;

use super::engine::Engine;
use super::site::Site;
use super::view::View;

/// Returns true if machine code reads all samples as the engine does, or leaves them to it; if at least one sample is of
/// each kind, and another one if script may move its bytes; and if the counters count references. `retain` adds one to an
/// object.
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
    // Of each kind: a sample whose bytes stay, and one whose bytes may move.
    let all_stay = objects.kinds.iter().map(|kind| kind.stays.is_none()).chain(objects.pointers.map(|_| true));
    let mut are_found: Vec<_> = all_stay.map(|all_stay| [false, all_stay]).collect();
    for value in samples {
        let Some(readings) = objects.read_by_each(value) else { return false };
        for ([is_found, is_moving_found], reading) in are_found.iter_mut().zip(readings) {
            let Some(Reading { found, stays, .. }) = reading else { continue };
            // A view may move them.
            let moving = if stays { None } else { Some(contents(found.slot, found.len)) };
            // SAFETY: the caller promises that the value and the site are the engine's.
            let view = unsafe { engine.view(site, value) };
            match moving {
                None => {
                    *is_found = true;
                    if !is_seen(view, found) {
                        return false;
                    }
                }
                Some(bytes) => {
                    *is_moving_found |= bytes.iter().flatten().any(|&byte| byte != 0);
                    if !is_moved(view, found, bytes.as_deref()) {
                        return false;
                    }
                }
            }
        }
        if let Some(counter) = counter(objects, value) {
            // SAFETY: `release` releases the reference that was added.
            let release = || unsafe { engine.release(site, value) };
            if !counts(counter, || retain(value), release) {
                return false;
            }
        }
    }
    are_found.as_flattened().iter().all(|is_found| *is_found)
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
fn is_moved(view: View, ResolvedHandle { len, .. }: ResolvedHandle, bytes: Option<&[u8]>) -> bool {
    let View::Bytes { address, len: now } = view else { return false };
    len == now as u64 && bytes.is_some() && contents(address as u64, len).as_deref() == bytes
}

/// Returns true if machine code's reading agrees with the engine's view.
fn is_seen(view: View, ResolvedHandle { slot, len }: ResolvedHandle) -> bool {
    match view {
        View::Bytes { address, len: bytes } => len == bytes as u64 && (bytes == 0 || slot == address as u64),
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
