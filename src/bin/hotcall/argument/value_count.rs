//! The number of values behind a pointer. The declaration gives it, or names the argument that does.

use hotcall::{Length, Type};

use crate::argument::word::Argument;
use crate::text::quote::{quote, shorten};
use crate::value::context::ValueContext;
use crate::value::error::ValueErrorKind;
use crate::value::scalar::ScalarKind;
use crate::value::{constant, plain_word};

/// The number of values behind a pointer.
#[derive(Clone, Copy)]
pub(crate) enum ValueCount {
    /// The declaration does not give it.
    Undeclared,
    /// A number of elements.
    Elements(usize),
    /// A number of bytes.
    Bytes(usize),
    /// The declaration gives it in a form that this program does not know, such as an expression.
    Unknown,
}

impl ValueCount {
    /// The number for a parameter of this type. `arguments` are all arguments of the call.
    ///
    /// # Errors
    ///
    /// The declaration names an argument or constant that is not a number of values.
    pub(crate) fn of(
        parameter: &Type,
        arguments: &[Argument<'_>],
        context: &mut ValueContext,
    ) -> Result<Self, ValueErrorKind> {
        let Some(length) = parameter.pointer().and_then(hotcall::Pointer::length) else { return Ok(Self::Undeclared) };
        Ok(match length {
            Length::Elements(count) => Self::Elements(saturated(*count)),
            Length::Bytes(count) => Self::Bytes(saturated(*count)),
            Length::Counted(name) => Self::Elements(named(name, arguments, context)?),
            Length::CountedBytes(name) => Self::Bytes(named(name, arguments, context)?),
            Length::Expression | _ => Self::Unknown,
        })
    }

    /// The size in bytes of memory for these elements of `size` bytes each; 0 if the number is not known.
    pub(crate) const fn bytes(self, size: usize) -> usize {
        match self {
            Self::Elements(count) => count.saturating_mul(size),
            Self::Bytes(count) => count,
            Self::Undeclared | Self::Unknown => 0,
        }
    }
}

/// A number that is too large for memory becomes the largest one, because both are refused.
fn saturated(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The value of the argument that has this name, or otherwise of the constant.
fn named(name: &str, arguments: &[Argument<'_>], context: &mut ValueContext) -> Result<usize, ValueErrorKind> {
    let argument = arguments.iter().find(|argument| argument.name == Some(name));
    let count = match argument {
        Some(argument) => integer(argument, context),
        None => constant::bits(&context.declarations, name, hotcall::Scalar::U64).and_then(Result::ok),
    };
    count.map(saturated).ok_or_else(|| ValueErrorKind::Counted {
        by: name.into(),
        given: argument.map(|argument| shorten(&quote(argument.word.as_encoded_bytes())).into()),
    })
}

/// The value of an argument that is an integer and not negative.
fn integer(argument: &Argument<'_>, context: &mut ValueContext) -> Option<u64> {
    let scalar = argument.ty.as_scalar()?;
    let class = ScalarKind::of(scalar);
    if !matches!(class, ScalarKind::Signed | ScalarKind::Unsigned) {
        return None;
    }
    let bits = plain_word::bits(argument.word.as_encoded_bytes(), scalar, context).ok()?;
    (class == ScalarKind::Unsigned || bits as i64 >= 0).then_some(bits)
}
