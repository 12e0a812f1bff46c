//! Reasons why a value is not one of a type.

use std::fmt;

use hotcall_jit::numbers;

/// The kind of a value, as messages name it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum Kind {
    Undefined,
    Null,
    Boolean,
    Number,
    BigInt,
    String,
    Symbol,
    Function,
    Object,
    Pointer,
    Buffer,
    /// A buffer whose bytes were transferred.
    DetachedBuffer,
    /// A buffer whose bytes must not change.
    ImmutableBuffer,
    /// A buffer from which script can take bytes away.
    ResizableBuffer,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::BigInt => "a BigInt",
            Self::String => "a string",
            Self::Symbol => "a symbol",
            Self::Function => "a function",
            Self::Object => "an object",
            Self::Pointer => "a pointer",
            Self::Buffer => "a buffer",
            Self::DetachedBuffer => "a detached buffer",
            Self::ImmutableBuffer => "an immutable buffer",
            Self::ResizableBuffer => "a resizable buffer",
        })
    }
}

/// The reason why a value is not one of a type.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum Problem {
    /// The value is of another kind.
    #[error("expected {expected}, not {found}")]
    Kind { expected: &'static str, found: Kind },
    /// A number with a fraction, an infinity, or not a number.
    #[error("{} is not an integer", Shown(*number))]
    Fraction { number: f64 },
    /// An integer that the type has no room for.
    #[error("{} is out of range", Shown(*number))]
    Range { number: f64 },
    /// Fewer bytes than the struct or union has.
    #[error("{given} bytes are too few: it has {expected}")]
    Short { expected: usize, given: usize },
    /// A string with a zero in it, where C would end it.
    #[error("the string has a NUL at {index}, where it would end")]
    Nul { index: usize },
}

/// A number as JavaScript prints it, which never has hundreds of digits.
struct Shown(f64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LARGE: u64 = 1e21_f64.to_bits();
        const SMALL: u64 = 1e-6_f64.to_bits();
        const INFINITE: u64 = f64::INFINITY.to_bits();
        let Self(number) = *self;
        // Compares bits, because with DAZ a denormal number equals 0. They have the order of the numbers.
        match number.abs().to_bits() {
            INFINITE => f.write_str(if number.is_sign_positive() { "Infinity" } else { "-Infinity" }),
            LARGE..INFINITE => f.write_str(&format!("{number:e}").replace('e', "e+")),
            1..SMALL => write!(f, "{number:e}"),
            _ => write!(f, "{number}"),
        }
    }
}

impl Problem {
    /// The problem of a number that is not in the range of an integer type.
    pub(super) fn of_number(number: f64) -> Self {
        if numbers::whole(number).is_some() { Self::Range { number } } else { Self::Fraction { number } }
    }
}
