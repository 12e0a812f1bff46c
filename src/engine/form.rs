//! The forms of types that conversions tell apart.

use hotcall_jit::{Extent, Scalar, Type};

/// The form of a type, measured once for each function.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Scalar(Scalar),
    /// A struct or union with this number of bytes.
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

    pub(super) const fn scalar(self) -> Option<Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            Self::Bytes(_) => None,
        }
    }
}
