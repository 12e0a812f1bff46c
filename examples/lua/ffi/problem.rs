//! Reasons why a value is not one of a type.

use std::fmt;

/// The reason why a value is not one of a type. It owns nothing, because errors jump.
#[derive(Clone, Copy)]
pub(super) enum Problem {
    Kind {
        expected: &'static str,
        found: &'static str,
    },
    Fraction(f64),
    Range(i64),
    NumberRange(f64),
    /// Fewer bytes than the type behind the pointer has.
    Small {
        has: usize,
        needs: usize,
    },
    /// A struct of another type.
    Other,
    Zero,
    Constant,
    Dangling,
    Closed,
    Callback,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Kind { expected, found } => write!(f, "expected {expected}, not {found}"),
            Self::Fraction(number) => write!(f, "{number} is not an integer"),
            Self::Range(number) => write!(f, "{number} is out of range"),
            Self::NumberRange(number) => write!(f, "{number} is out of range"),
            Self::Small { has, needs } => write!(f, "{has} bytes are too few: {needs} are needed"),
            Self::Other => f.write_str("it is memory of another type"),
            Self::Zero => f.write_str("the string has a zero byte, where C's text ends"),
            Self::Constant => f.write_str("C may write to it, but strings do not change: use ffi.new"),
            Self::Dangling => f.write_str("Lua may free the string while C has it: use ffi.new"),
            Self::Closed => f.write_str("the callback is closed"),
            Self::Callback => f.write_str("the callback has another type"),
        }
    }
}
