//! Values outside registers, as a trampoline's caller, a callback's handler and an engine see them.

use crate::c::definitions::Type;
use crate::c::layout::Extent;
use crate::c::scalar::Scalar;

/// The form of an argument or a result outside its registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// Nothing.
    Void,
    /// One slot.
    Scalar(Scalar),
    /// A struct or union of this many bytes.
    Bytes(u32),
}

impl Form {
    /// Returns the form of a value of this type, or of no value. A type beyond the limits has more bytes than any
    /// value.
    pub fn of<'a>(ty: impl Into<Option<&'a Type>>) -> Self {
        let Some(ty) = ty.into() else { return Self::Void };
        match ty.as_scalar() {
            Some(scalar) => Self::Scalar(scalar),
            None => Self::Bytes(Extent::of(ty).map_or(u32::MAX, |extent| extent.size)),
        }
    }

    /// Returns the scalar, if the value is one.
    pub const fn scalar(self) -> Option<Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            Self::Void | Self::Bytes(_) => None,
        }
    }

    /// Returns the bytes of a struct or union, and 0 for other forms.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Bytes(size) => size,
            Self::Void | Self::Scalar(_) => 0,
        }
    }

    /// Returns one form for all forms that machine code converts alike; see [`Scalar::representative`].
    pub(crate) const fn representative(self) -> Self {
        match self {
            Self::Scalar(scalar) => Self::Scalar(scalar.representative()),
            Self::Void | Self::Bytes(_) => self,
        }
    }
}
