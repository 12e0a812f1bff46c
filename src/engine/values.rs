//! Slots and bytes to values, and back.

use std::ffi::c_void;

use hotcall_jit::engine::values::{ValueModel, Words};
use hotcall_jit::{Extent, Pointee, Scalar, Type, numbers};

use super::coerce::{Problem, View};
use super::{Engine, Site};
use crate::error::Error;
use crate::slots::slot::Slot;

/// What the engine makes a value of.
///
/// A later hotcall may add to these. An engine throws [`no_value`](Self::no_value) for outputs that it does not know.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Output<'a> {
    /// A 64-bit integer: a BigInt in JavaScript.
    I64(i64),
    /// A 64-bit integer without a sign, likewise.
    U64(u64),
    /// An address that is not null.
    Pointer(*const c_void, Pointee),
    /// The bytes of a struct or union, to be copied.
    Bytes(&'a [u8]),
    /// A number, if the model has no class for it.
    Number(f64),
    /// A truth value, if the model has no class for it.
    Boolean(bool),
    /// The null pointer, if the model has no class for it.
    Null,
}

impl Output<'_> {
    /// The error for an output that an engine does not make a value of, such as one that a later hotcall adds.
    pub const fn no_value(&self) -> Error {
        Error::NoValue { output: self.name() }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::I64(_) => "a signed 64-bit integer",
            Self::U64(_) => "an unsigned 64-bit integer",
            Self::Pointer(..) => "an address",
            Self::Bytes(_) => "the bytes of a struct or union",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "a truth value",
            Self::Null => "the null pointer",
        }
    }

    /// The output for a scalar; `None` for scalars without an output of their own.
    fn of(scalar: Scalar, slot: Slot) -> Option<Self> {
        Some(match scalar {
            Scalar::I64 | Scalar::Isize => Self::I64(slot.as_i64()),
            Scalar::U64 | Scalar::Usize => Self::U64(slot.as_u64()),
            Scalar::Pointer(_) if slot.as_u64() == 0 => Self::Null,
            Scalar::Pointer(pointee) => Self::Pointer(slot.as_ptr(), pointee),
            Scalar::Bool => Self::Boolean(slot.as_bool()),
            Scalar::F64 => Self::Number(slot.as_f64()),
            Scalar::F32 => Self::Number(numbers::to_f64(slot.as_f32())),
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
                Self::Number(slot.as_i64() as f64)
            }
            _ => return None,
        })
    }
}

/// What conversions ask of a type, measured once.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Scalar(Scalar),
    /// A struct or union of so many bytes.
    Bytes(usize),
}

impl Form {
    pub(super) fn of(ty: &Type) -> Self {
        match ty.as_scalar() {
            Some(scalar) => Self::Scalar(scalar),
            // There are no values of types beyond all limits.
            None => Self::Bytes(Extent::of(ty).map_or(usize::MAX, |extent| extent.size as usize)),
        }
    }

    const fn scalar(self) -> Option<Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            Self::Bytes(_) => None,
        }
    }
}

/// The value of a slot; of an aggregate's bytes if it points to some.
///
/// # Safety
///
/// The site is one of the engine's; the slot of an aggregate is the address of its bytes.
pub(super) unsafe fn to_value<E: Engine>(
    engine: &E,
    model: Option<&ValueModel>,
    site: Site,
    form: Form,
    slot: Slot,
) -> Result<Words, E::Exception> {
    if let Form::Scalar(scalar) = form
        && let Some(words) = model.and_then(|model| model.pack(scalar, slot.to_bits()))
    {
        return Ok(words);
    }
    // SAFETY: the caller vouches for the site and the bytes.
    unsafe { make_value(engine, site, form, slot) }
}

/// The same for a slot that the model has no class for.
///
/// # Safety
///
/// The site is one of the engine's; the slot of an aggregate is the address of its bytes.
#[inline]
pub(super) unsafe fn make_value<E: Engine>(
    engine: &E,
    site: Site,
    form: Form,
    slot: Slot,
) -> Result<Words, E::Exception> {
    // SAFETY: the caller vouches for the site and the bytes.
    unsafe {
        match form {
            Form::Scalar(scalar) => match Output::of(scalar, slot) {
                Some(output) => engine.make(site, output),
                None => Err(engine.exception(site, &Error::NoValue { output: scalar.name() })),
            },
            Form::Bytes(size) => engine.make(site, Output::Bytes(std::slice::from_raw_parts(slot.as_ptr(), size))),
        }
    }
}

/// A slot that a value became.
pub(super) struct Converted {
    pub(super) slot: Slot,
    /// Whether it is the address of bytes that the engine owns.
    pub(super) has_bytes: bool,
}

/// A value as a slot, an aggregate by the address of its bytes in the engine's memory.
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
    let unpacked = model.zip(form.scalar()).and_then(|(model, scalar)| model.unpack(scalar, value));
    if let Some(slot) = unpacked {
        return Ok(Converted { slot: Slot::from_bits(slot), has_bytes: false });
    }
    // SAFETY: the caller vouches for the value.
    unsafe { view_to_slot(engine, site, form, value) }
}

/// The same for a value that the model's classes have nothing to say about.
///
/// # Safety
///
/// The value is one of the engine's.
#[inline]
pub(super) unsafe fn view_to_slot<E: Engine>(
    engine: &E,
    site: Site,
    form: Form,
    value: Words,
) -> Result<Converted, Problem> {
    // SAFETY: the caller vouches for the value.
    let view = unsafe { engine.view(site, value) };
    Ok(Converted { slot: view.to_slot(form)?, has_bytes: matches!(view, View::Bytes { .. }) })
}
