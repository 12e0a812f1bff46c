//! Outputs of C, which an engine makes values of.

use std::ffi::c_void;

use hotcall_jit::{Pointee, Scalar, numbers};

use super::error::EngineError;
use crate::slots::slot::Slot;

/// An output of C, which the engine makes a value of.
///
/// A later hotcall may add to these. An engine throws [`no_value`](Self::no_value) for outputs that it does not know.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Output<'a> {
    /// A 64-bit integer: a BigInt in JavaScript.
    I64(i64),
    /// A 64-bit integer without a sign: a BigInt in JavaScript.
    U64(u64),
    /// An address that is not null.
    Pointer(*const c_void, Pointee),
    /// The bytes of a struct or union, to be copied.
    Bytes(&'a [u8]),
    /// A number, if the model does not have a class for it.
    Number(f64),
    /// A truth value, if the model does not have a class for it.
    Boolean(bool),
    /// The null pointer, if the model does not have a class for it.
    Null,
}

impl Output<'_> {
    /// The error for an output that an engine does not make a value of, such as one that a later hotcall adds.
    pub const fn no_value(&self) -> EngineError {
        EngineError::NoValue { output: self.name() }
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
    pub(super) fn of(scalar: Scalar, slot: Slot) -> Option<Self> {
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
