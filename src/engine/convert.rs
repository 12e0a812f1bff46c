//! Converts slots and bytes to values, and back.

use hotcall_jit::engine::values::{ValueModel, Words};

use super::engine::Engine;
use super::error::EngineError;
use super::output::Output;
use super::problem::Problem;
use super::site::Site;
use super::text::Text;
use crate::slots::slot::Slot;
use hotcall_jit::{Form, Pointee, Scalar};

/// Returns the value of a slot, or of the aggregate that it points to.
///
/// # Safety
///
/// * The site is one of the engine's.
/// * The slot of an aggregate is the address of its bytes.
pub(super) unsafe fn to_value<E: Engine>(
    engine: &E,
    model: Option<&ValueModel>,
    site: Site,
    form: Form,
    slot: Slot,
) -> Result<Words, E::Exception> {
    // The engine alone makes values with an address.
    if let Form::Scalar(scalar) = form
        && let Some(words) = model.filter(|model| !model.indirect).and_then(|model| model.pack(scalar, slot.to_bits()))
    {
        return Ok(words);
    }
    // SAFETY: the caller promises that the site is one of the engine's, and that an aggregate's slot is the address of
    // its bytes.
    unsafe { make_value(engine, site, form, slot) }
}

/// Returns the value of a slot for which the model does not have a class.
///
/// # Safety
///
/// * The site is one of the engine's.
/// * The slot of an aggregate is the address of its bytes.
#[inline]
pub(super) unsafe fn make_value<E: Engine>(
    engine: &E,
    site: Site,
    form: Form,
    slot: Slot,
) -> Result<Words, E::Exception> {
    // SAFETY: the caller promises that the site is one of the engine's, and that an aggregate's slot is the address of
    // its bytes.
    unsafe {
        match form {
            Form::Scalar(scalar) => match Output::of(scalar, slot) {
                Some(output) => engine.make(site, output),
                None => Err(engine.exception(site, &EngineError::NoValue { output: scalar.name() })),
            },
            Form::Bytes(size) => {
                engine.make(site, Output::Bytes(std::slice::from_raw_parts(slot.as_ptr(), size as usize)))
            }
            Form::Void => Err(engine.exception(site, &EngineError::NoValue { output: "void" })),
        }
    }
}

/// The slot of a value.
pub(super) struct Converted {
    pub(super) slot: Slot,
    /// True if the slot is the address of bytes that the engine owns.
    pub(super) has_bytes: bool,
}

/// Returns a value as a slot: a struct or union as the address of its bytes in the engine's memory.
///
/// # Safety
///
/// The value is one of the engine's.
pub(super) unsafe fn to_slot<E: Engine>(
    engine: &E,
    model: Option<&ValueModel>,
    site: Site,
    form: Form,
    value: Words,
) -> Result<Converted, Problem> {
    let unpacked = model.zip(form.scalar()).and_then(|(model, scalar)| {
        let word = || std::ptr::with_exposed_provenance::<u64>(value[0] as usize);
        // SAFETY: the caller promises that the value is one of the engine's, so its address can be read.
        let value = if model.indirect { [unsafe { word().read() }, 0] } else { value };
        // SAFETY: the caller promises that the value is one of the engine's, which the model describes.
        model.unpack(scalar, value).or_else(|| unsafe { model.unpack_object(scalar, value) })
    });
    if let Some(slot) = unpacked {
        return Ok(Converted { slot: Slot::from_bits(slot), has_bytes: false });
    }
    // SAFETY: the caller promises that the value is one of the engine's.
    unsafe { view_to_slot(engine, site, Wanted::Argument(form), value) }
}

/// The requirement on a value.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// An argument of C.
    Argument(Form),
    /// Bytes for C's result of this form.
    Destination(Form),
}

/// Returns a value as a slot, if none of the model's classes has the value.
///
/// # Safety
///
/// The value is one of the engine's.
#[inline]
pub(super) unsafe fn view_to_slot<E: Engine>(
    engine: &E,
    site: Site,
    wanted: Wanted,
    value: Words,
) -> Result<Converted, Problem> {
    // SAFETY: the caller promises that the value is one of the engine's.
    let view = unsafe { engine.view(site, value) };
    let slot = match wanted {
        Wanted::Argument(form) => view.to_slot(form)?,
        Wanted::Destination(form) => view.to_destination(form)?,
    };
    Ok(Converted { slot, has_bytes: view.bytes().is_some() })
}

/// Copies a value, if it is a string and the parameter takes one.
///
/// # Safety
///
/// The value and the site are the engine's.
#[inline]
pub(super) unsafe fn text<E: Engine>(
    engine: &E,
    site: Site,
    wanted: Wanted,
    value: Words,
) -> Option<Result<Text, Problem>> {
    match wanted {
        // SAFETY: the caller promises the engine's value and site.
        Wanted::Argument(Form::Scalar(Scalar::Pointer(Pointee::Text))) => unsafe { engine.text(site, value) },
        Wanted::Argument(_) | Wanted::Destination(_) => None,
    }
}
