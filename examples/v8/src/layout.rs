//! Checks hotcall's description of V8's objects on samples, before a trampoline reads one.

use std::cell::Cell;
use std::rc::Rc;

use hotcall::engine::Handles;

use crate::ffi::{self, kind};
use crate::isolate::Isolate;
use crate::value::Value;

/// Returns true if machine code finds by these rules what V8's interface says, for every sample, and finds something at
/// least once.
///
/// # Safety
///
/// The description is that of this version of V8, so that reading objects by it reads existing memory.
pub(crate) unsafe fn is_true(isolate: &Isolate, handles: &Handles) -> bool {
    let (wrong, found) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
    let tried = {
        let (handles, wrong, found) = (handles.clone(), Rc::clone(&wrong), Rc::clone(&found));
        isolate.function("tried", 1, move |isolate, arguments| {
            // SAFETY: the caller promises that the description is that of this version.
            match unsafe { compare(isolate, &handles, arguments.get(0)) } {
                Comparison::Same => found.set(found.get() + 1),
                Comparison::Unknown => {}
                Comparison::Different => wrong.set(true),
            }
            Ok(None)
        })
    };
    // SAFETY: the isolate lives, and the pointer is not followed.
    let pointer = Value::new(unsafe { ffi::shim_pointer(isolate.shim(), (&raw const wrong).cast()) });
    let detach = isolate.function("detach", 1, |isolate, arguments| {
        // SAFETY: only this function has these buffers.
        unsafe { ffi::shim_detach(isolate.shim(), arguments.get(0).handle()) };
        Ok(None)
    });
    let Ok(samples) = isolate.run(include_str!("samples.js"), "samples.js") else { return false };
    isolate.call(samples, &[tried, detach, pointer]).is_ok() && !wrong.get() && found.get() > 0
}

enum Comparison {
    /// Machine code finds what V8's interface says.
    Same,
    /// Machine code leaves the value to the helper.
    Unknown,
    Different,
}

/// # Safety
///
/// Reading the object by the rules reads existing memory.
unsafe fn compare(isolate: &Isolate, handles: &Handles, value: Value) -> Comparison {
    let mut view = ffi::View::default();
    // SAFETY: the value is the isolate's. The caller promises that reading by the description reads existing memory.
    let resolved = unsafe {
        ffi::shim_view(isolate.shim(), value.handle(), false, &mut view);
        handles.resolve(value.handle() as u64)
    };
    let Some(resolved) = resolved else { return Comparison::Unknown };
    let same = match view.kind {
        kind::POINTER => resolved.slot == view.bits,
        kind::BYTES => resolved.len == view.length as u64 && (view.length == 0 || resolved.slot == view.bits),
        // SAFETY: the lengths are compared first.
        kind::MOVABLE => unsafe { has_bytes_at(isolate, value, resolved.slot, resolved.len, view.length) },
        _ => false,
    };
    if same { Comparison::Same } else { Comparison::Different }
}

/// Returns true if the bytes of a view equal those at an address. V8 copies the bytes of such views, and does not give
/// their address.
///
/// # Safety
///
/// This number of bytes can be read there.
unsafe fn has_bytes_at(isolate: &Isolate, value: Value, address: u64, len: u64, expected: usize) -> bool {
    let mut bytes = vec![0; expected];
    // SAFETY: the value is a view. The caller promises that the bytes can be read.
    unsafe {
        let copied = ffi::shim_copy(isolate.shim(), value.handle(), bytes.as_mut_ptr(), expected);
        let there = std::ptr::with_exposed_provenance::<u8>(address as usize);
        len == expected as u64 && copied == expected && (0..expected).all(|index| *there.add(index) == bytes[index])
    }
}
