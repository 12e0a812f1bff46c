//! Views of values, and the types that take them.

use std::ffi::c_void;

use hotcall_jit::{Pointee, Scalar, numbers};

use super::problem::{Kind, Problem};
use crate::slots::slot::Slot;
use hotcall_jit::Form;

/// A value, as conversions read it.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum View {
    /// A number.
    Number(f64),
    /// An integer of any size. These are its low 64 bits, which 64-bit types take (modulo 2⁶⁴, as in Deno).
    BigInt(u64),
    /// A truth value.
    Boolean(bool),
    /// `null`
    Null,
    /// `undefined`
    Undefined,
    /// An address that the runtime made a value of: a pointer object.
    Pointer(*const c_void),
    /// Bytes that the engine owns: those of a buffer, or of the part that a view shows.
    Bytes {
        /// Their address.
        address: *mut u8,
        /// Their number.
        len: usize,
    },
    /// Bytes that must not change, such as those of an immutable buffer. They are arguments like other bytes, but results
    /// are not written there.
    ReadOnly {
        /// Their address.
        address: *mut u8,
        /// Their number.
        len: usize,
    },
    /// A value of another kind.
    Other(Kind),
}

impl View {
    const fn kind(self) -> Kind {
        match self {
            Self::Number(_) => Kind::Number,
            Self::BigInt(_) => Kind::BigInt,
            Self::Boolean(_) => Kind::Boolean,
            Self::Null => Kind::Null,
            Self::Undefined => Kind::Undefined,
            Self::Pointer(_) => Kind::Pointer,
            Self::Bytes { .. } => Kind::Buffer,
            Self::ReadOnly { .. } => Kind::ImmutableBuffer,
            Self::Other(kind) => kind,
        }
    }

    const fn wrong(self, expected: &'static str) -> Problem {
        Problem::Kind { expected, found: self.kind() }
    }

    /// Returns the address and the number of bytes that C can read.
    pub(super) const fn bytes(self) -> Option<(*mut u8, usize)> {
        match self {
            Self::Bytes { address, len } | Self::ReadOnly { address, len } => Some((address, len)),
            Self::Number(_) | Self::BigInt(_) | Self::Boolean(_) | Self::Null | Self::Undefined => None,
            Self::Pointer(_) | Self::Other(_) => None,
        }
    }

    /// Returns the value as a slot of a type. An aggregate becomes the address of its bytes.
    #[inline]
    pub(super) fn to_slot(self, form: Form) -> Result<Slot, Problem> {
        match (form, self.bytes()) {
            (Form::Scalar(scalar), _) => self.to_scalar(scalar),
            (Form::Bytes(size), Some((address, len))) if len >= size as usize => Ok(Slot::from(address.cast_const())),
            (Form::Bytes(size), Some((_, given))) => Err(Problem::Short { expected: size as usize, given }),
            (Form::Bytes(_) | Form::Void, _) => Err(self.wrong("a buffer")),
        }
    }

    /// Returns the address of bytes for a result of this form, which is an aggregate.
    pub(super) fn to_destination(self, form: Form) -> Result<Slot, Problem> {
        if let Self::ReadOnly { .. } = self { Err(self.wrong("a buffer")) } else { self.to_slot(form) }
    }

    fn to_scalar(self, scalar: Scalar) -> Result<Slot, Problem> {
        match scalar {
            Scalar::Bool => {
                if let Self::Boolean(truth) = self {
                    Ok(truth.into())
                } else {
                    Err(self.wrong("a boolean"))
                }
            }
            Scalar::F64 => self.number().map(Slot::from),
            Scalar::F32 => self.number().map(|number| numbers::to_f32(number).into()),
            Scalar::Pointer(pointee) => self.to_pointer(pointee),
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
                if let Self::Number(number) = self { integer(scalar, number) } else { Err(self.wrong("an integer")) }
            }
            Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize => {
                if let Self::Number(number) = self {
                    integer(scalar, number)
                } else if let Self::BigInt(low) = self {
                    Ok(low.into())
                } else {
                    Err(self.wrong("an integer or a BigInt"))
                }
            }
            _ => Err(self.wrong(scalar.name())),
        }
    }

    const fn number(self) -> Result<f64, Problem> {
        if let Self::Number(number) = self { Ok(number) } else { Err(self.wrong("a number")) }
    }

    fn to_pointer(self, pointee: Pointee) -> Result<Slot, Problem> {
        let (takes_pointers, takes_bytes, expected) = match pointee {
            Pointee::Opaque | Pointee::Function => (true, false, "null or a pointer"),
            Pointee::Buffer => (false, true, "null or a buffer"),
            Pointee::Text => (true, true, "null, a buffer or a pointer"),
            _ => (false, false, Scalar::Pointer(pointee).name()),
        };
        match self {
            Self::Null => Ok(Slot::from_bits(0)),
            Self::Pointer(address) if takes_pointers => Ok(address.into()),
            Self::Bytes { address, .. } | Self::ReadOnly { address, .. } if takes_bytes => {
                Ok(Slot::from(address.cast_const()))
            }
            Self::Pointer(_) | Self::Bytes { .. } | Self::ReadOnly { .. } => Err(self.wrong(expected)),
            Self::Number(_) | Self::BigInt(_) | Self::Boolean(_) => Err(self.wrong(expected)),
            Self::Undefined | Self::Other(_) => Err(self.wrong(expected)),
        }
    }
}

fn integer(scalar: Scalar, number: f64) -> Result<Slot, Problem> {
    let whole = numbers::whole(number).ok_or(Problem::Fraction { number })?;
    // A negative number's low bits are its two's complement.
    if scalar.range().contains(&whole) { Ok(Slot::from(whole as u64)) } else { Err(Problem::Range { number }) }
}
