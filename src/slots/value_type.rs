//! The type of a value.

use std::fmt;

use hotcall_jit::Scalar;

/// The type of a [`Value`](crate::Value), in less detail than a C type: pointers are all alike, and structs differ by
/// size alone.
///
/// Displayed for messages: `an i32`, `24 bytes`, `nothing`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ValueType {
    /// A scalar.
    Scalar(Scalar),
    /// A struct, union or array of this many bytes.
    Bytes(usize),
    /// `void`
    Void,
}

impl ValueType {
    /// Returns true if a value of this type may stand where `expected` is declared. [`Value`](crate::Value) says which
    /// differences do not count.
    #[inline]
    pub(crate) fn fits(self, expected: Self) -> bool {
        use Scalar::{I64, Isize, Pointer, U64, Usize};
        self == expected
            || matches!(
                (self, expected),
                (Self::Scalar(I64), Self::Scalar(Isize))
                    | (Self::Scalar(Isize), Self::Scalar(I64))
                    | (Self::Scalar(U64), Self::Scalar(Usize))
                    | (Self::Scalar(Usize), Self::Scalar(U64))
                    | (Self::Scalar(Pointer(_)), Self::Scalar(Pointer(_)))
            )
    }

    /// The type and its verb, for messages: `an i32 is given`.
    pub(crate) fn is_given(self) -> String {
        let plural = matches!(self, Self::Bytes(len) if len != 1);
        format!("{self} {} given", if plural { "are" } else { "is" })
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The article follows the sound of the first letter or digit: "eye", "ef".
            Self::Scalar(scalar) => match scalar.name().as_bytes() {
                [b'i' | b'f', digit, ..] if digit.is_ascii_digit() => write!(f, "an {scalar}"),
                [b'i', ..] => write!(f, "an {scalar}"),
                _ => write!(f, "a {scalar}"),
            },
            Self::Bytes(1) => f.write_str("1 byte"),
            Self::Bytes(len) => write!(f, "{len} bytes"),
            Self::Void => f.write_str("nothing"),
        }
    }
}
