// The rest of the toy's values, as functions.

use std::cell::Cell;
use std::ffi::c_void;

use hotcall::engine::{Engine, EngineError, Kind, Output, Site, View, Words};

use super::vm::{BOOLEAN, NIL, Vm, VmObject, VmValue};

#[derive(Default)]
pub struct Toy {
    /// The number of pins, for tests.
    pub pins: Cell<usize>,
}

pub fn site(vm: &Vm) -> Site {
    Site::new((&raw const *vm).cast_mut().cast::<c_void>())
}

/// # Safety
///
/// The site is one of the toy's.
unsafe fn vm<'a>(site: Site) -> &'a Vm {
    // SAFETY: the context of a native function is the engine, which lives as long as it runs.
    unsafe { &*site.context.cast::<Vm>() }
}

// SAFETY: a buffer's bytes stay in place, because only script moves them, and not while they are pinned.
unsafe impl Engine for Toy {
    type Exception = String;

    unsafe fn view(&self, _: Site, words: Words) -> View {
        // SAFETY: the caller promises that the value is one of the toy's.
        let value = unsafe { VmValue::from_bits(words[0]) };
        if let Some(number) = value.as_number() {
            return View::Number(number);
        }
        match (value.tag(), value.object()) {
            (BOOLEAN, _) => View::Boolean(value == VmValue::boolean(true)),
            (NIL, _) => View::Null,
            (_, Some(VmObject::Buffer { bytes, .. })) => {
                let mut bytes = bytes.borrow_mut();
                View::Bytes { address: bytes.as_mut_ptr(), len: bytes.len() }
            }
            (_, Some(&VmObject::Pointer(address))) => View::Pointer(address),
            (_, Some(VmObject::Text(_))) => View::Other(Kind::String),
            _ => View::Other(Kind::Function),
        }
    }

    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, String> {
        // SAFETY: the caller promises that the site is one of the toy's.
        let vm = unsafe { vm(site) };
        let value = match output {
            // Above 2⁵³ the toy's numbers have gaps, and it rounds. A language that must not round returns `Err`, and has
            // the kit's feature `ExactWide`.
            Output::I64(number) => VmValue::number(number as f64),
            Output::U64(number) => VmValue::number(number as f64),
            Output::Pointer(address, _) => vm.allocate(VmObject::Pointer(address)),
            Output::Bytes(bytes) => vm.buffer(bytes),
            // The model has a class for these, so the engine is not asked for them.
            Output::Number(number) => VmValue::number(number),
            Output::Boolean(truth) => VmValue::boolean(truth),
            Output::Null => VmValue::NIL,
            // Outputs that a later hotcall adds.
            other => return Err(other.no_value().to_string()),
        };
        Ok([value.bits(), 0])
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
        error.to_string()
    }

    unsafe fn throw(&self, site: Site, exception: String) {
        // SAFETY: the caller promises that the site is one of the toy's.
        unsafe { vm(site) }.throw(exception);
    }

    unsafe fn pin(&self, _: Site, words: Words) -> Option<usize> {
        // SAFETY: the caller promises that the value is one of the toy's.
        let value = unsafe { VmValue::from_bits(words[0]) };
        let Some(VmObject::Buffer { pins, .. }) = value.object() else { return None };
        pins.set(pins.get() + 1);
        self.pins.set(self.pins.get() + 1);
        Some(words[0] as usize)
    }

    unsafe fn unpin(&self, _: Site, pin: usize) {
        // SAFETY: this is the value of a pinned buffer, which is not collected.
        let value = unsafe { VmValue::from_bits(pin as u64) };
        if let Some(VmObject::Buffer { pins, .. }) = value.object() {
            pins.set(pins.get() - 1);
            self.pins.set(self.pins.get() - 1);
        }
    }
}
