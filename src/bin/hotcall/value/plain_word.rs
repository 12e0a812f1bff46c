//! Words that are the value itself: a number, a text, `true`, `null`, or the name of a constant.

use hotcall::{Pointee, Scalar};

use crate::text::quote::{quote, shorten};
use crate::value::constant;
use crate::value::context::ValueContext;
use crate::value::error::ValueErrorKind;
use crate::value::number::Number;
use crate::value::scalar::expected;

/// Reads a word as a number.
pub(crate) fn number(word: &[u8]) -> Option<Number<'_>> {
    std::str::from_utf8(word).ok().and_then(Number::parse)
}

/// The slot of a value that is a word without a prefix, or a text with one.
pub(crate) fn bits(word: &[u8], scalar: Scalar, context: &mut ValueContext) -> Result<u64, ValueErrorKind> {
    match (word, scalar) {
        (b"null", Scalar::Pointer(_)) => Ok(0),
        (text, Scalar::Pointer(Pointee::Text)) => context.keep_text(text.strip_prefix(b"text:").unwrap_or(text)),
        (b"true", Scalar::Bool) => Ok(1),
        (b"false", Scalar::Bool) => Ok(0),
        _ => match number(word) {
            Some(number) => number.to_bits(scalar),
            None => bits_of_constant(word, scalar, context),
        },
    }
}

/// The slot of a value that is the name of a constant.
fn bits_of_constant(word: &[u8], scalar: Scalar, context: &ValueContext) -> Result<u64, ValueErrorKind> {
    let name = std::str::from_utf8(word).unwrap_or_default();
    constant::bits(&context.declarations, name, scalar).unwrap_or_else(|| {
        let hint = constant::nearest(&context.declarations, name).map(Into::into);
        Err(ValueErrorKind::Name { given: shorten(&quote(word)).into(), expected: expected(scalar), hint })
    })
}
