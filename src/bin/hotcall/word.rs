//! Words of the command line: their forms, which prefixes tell, and the values of those without memory of their own.

use std::ffi::OsStr;

use hotcall::{Pointee, Scalar, Type};

use crate::json::expected;
use crate::misfit::MisfitKind;
use crate::number::{Number, Value};
use crate::quote::{quote, shorten};
use crate::store::Store;

/// An argument of a call: its word, and the parameter that it is for.
pub(crate) struct Argument<'a> {
    pub(crate) word: &'a OsStr,
    pub(crate) ty: &'a Type,
    /// The parameter's name, if the declaration gives it.
    pub(crate) name: Option<&'a str>,
}

/// A word. Those for pointers have prefixes, so that any text can be given.
pub(crate) enum Word<'a> {
    Null,
    /// `buffer:N`
    Buffer(usize),
    /// `text:…`
    Text(&'a [u8]),
    /// `out` or `out:…`
    Out(Option<&'a [u8]>),
    /// `TYPE[]:…`
    Array(Scalar, &'a [u8]),
    Callback(Callback<'a>),
    Plain(&'a [u8]),
}

/// A callback by its prefix, with the text behind the prefix.
pub(crate) enum Callback<'a> {
    /// `compare:TYPE`
    Compare(&'a [u8]),
    /// `print:PROTOTYPE`, or `print` alone
    Print(&'a [u8]),
    /// `print=RESULT:PROTOTYPE`, or `print=RESULT` alone
    PrintAndReturn(&'a [u8]),
}

impl<'a> Word<'a> {
    pub(crate) fn parse(word: &'a OsStr) -> Self {
        let bytes = word.as_encoded_bytes();
        if bytes == b"null" {
            Self::Null
        } else if let Some(text) = bytes.strip_prefix(b"text:") {
            Self::Text(text)
        } else if let Some(digits) = bytes.strip_prefix(b"buffer:").and_then(digits) {
            // A number that is too large to be read is too large for memory.
            Self::Buffer(digits.parse().unwrap_or(usize::MAX))
        } else if bytes == b"out" {
            Self::Out(None)
        } else if let Some(value) = bytes.strip_prefix(b"out:") {
            Self::Out(Some(value))
        } else if let Some(callback) = Callback::parse(bytes) {
            Self::Callback(callback)
        } else if let Some((name, items)) = array(bytes)
            && let Some(element) = scalar_named(name)
        {
            Self::Array(element, items)
        } else {
            Self::Plain(bytes)
        }
    }
}

impl<'a> Callback<'a> {
    fn parse(word: &'a [u8]) -> Option<Self> {
        let after = |prefix: &str| word.strip_prefix(prefix.as_bytes());
        let print = || after("print:").or((word == b"print").then_some(b"")).map(Self::Print);
        after("compare:").map(Self::Compare).or_else(print).or_else(|| after("print=").map(Self::PrintAndReturn))
    }
}

fn digits(bytes: &[u8]) -> Option<&str> {
    let all = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(bytes).ok().filter(|_| all)
}

/// The name of the elements' type and the elements of `NAME[]:…`, whether or not there is a type of this name.
pub(crate) fn array(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = word.iter().position(|byte| !byte.is_ascii_alphanumeric()).filter(|&end| end > 0)?;
    Some((&word[..end], word[end..].strip_prefix(b"[]:")?))
}

pub(crate) fn scalar_named(name: &[u8]) -> Option<Scalar> {
    std::str::from_utf8(name).ok().and_then(Scalar::named)
}

/// The type that C's callers would pass the word as where the declaration says `...`.
pub(crate) fn infer(word: &OsStr) -> Type {
    match Word::parse(word) {
        Word::Null | Word::Array(..) => Type::POINTER,
        // Without a prototype it is an ordinary word.
        Word::Callback(_) if word == "print" => Type::TEXT,
        Word::Callback(_) => Type::FUNCTION,
        Word::Buffer(_) | Word::Text(_) => Type::TEXT,
        // Nothing is known of what it would point to.
        Word::Out(_) => Type::TEXT,
        Word::Plain(plain) => match number(plain).map(Number::value) {
            Some(Value::Integer(value)) if i32::try_from(value).is_ok() => Type::I32,
            // Beyond 64 bits: refused as out of range when it is converted.
            Some(Value::Integer(value)) if value > i64::MAX.into() => Type::U64,
            Some(Value::Integer(_)) => Type::I64,
            Some(Value::Float(_)) => Type::F64,
            // Refused when it is converted.
            Some(Value::NotOctal) => Type::I32,
            None => Type::TEXT,
        },
    }
}

/// The number that a word is written as.
pub(crate) fn number(word: &[u8]) -> Option<Number<'_>> {
    std::str::from_utf8(word).ok().and_then(Number::parse)
}

/// The slot of a value that is a word without a prefix, or a text with one.
pub(crate) fn value_bits(word: &[u8], scalar: Scalar, store: &mut Store) -> Result<u64, MisfitKind> {
    match (word, scalar) {
        (b"null", Scalar::Pointer(_)) => Ok(0),
        (text, Scalar::Pointer(Pointee::Text)) => store.keep_text(text.strip_prefix(b"text:").unwrap_or(text)),
        (b"true", Scalar::Bool) => Ok(1),
        (b"false", Scalar::Bool) => Ok(0),
        _ => match number(word) {
            Some(number) => number.to_bits(scalar),
            None => named_bits(word, scalar, store),
        },
    }
}

/// The slot of a value that is the name of a constant.
fn named_bits(word: &[u8], scalar: Scalar, store: &Store) -> Result<u64, MisfitKind> {
    let name = std::str::from_utf8(word).unwrap_or_default();
    store.constant(name, scalar).unwrap_or_else(|| {
        let hint = store.nearest_constant(name).map(Into::into);
        Err(MisfitKind::Name { given: shorten(&quote(word)).into(), expected: expected(scalar), hint })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variadic_types_are_inferred_from_the_words() {
        for (word, ty) in [
            ("1", Type::I32),
            ("-2147483648", Type::I32),
            ("2147483648", Type::I64),
            ("0xffffffff", Type::I64),
            ("040000000000", Type::I64),
            ("08", Type::I32),
            ("9223372036854775808", Type::U64),
            ("1.0", Type::F64),
            ("1e3", Type::F64),
            ("-Infinity", Type::F64),
            ("NaN", Type::F64),
            ("null", Type::POINTER),
            ("text:1", Type::TEXT),
            ("buffer:8", Type::TEXT),
            ("buffer:x", Type::TEXT),
            ("i32[]:", Type::POINTER),
            ("text[]:a,b", Type::POINTER),
            ("i33[]:1", Type::TEXT),
            ("i32[]", Type::TEXT),
            ("[]:1", Type::TEXT),
            ("compare:i32", Type::FUNCTION),
            ("print:void f(void)", Type::FUNCTION),
            ("print=1:int f(void)", Type::FUNCTION),
            ("text:print:", Type::TEXT),
            ("print", Type::TEXT),
            ("infinity", Type::TEXT),
            ("", Type::TEXT),
        ] {
            assert_eq!(infer(OsStr::new(word)), ty, "{word}");
        }
    }
}
