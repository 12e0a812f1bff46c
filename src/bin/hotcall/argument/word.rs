//! The words of a call. Prefixes distinguish their forms.

use std::ffi::OsStr;

use hotcall::{Scalar, Type};

/// An argument of a call: its word, and the parameter that it is for.
pub(crate) struct Argument<'a> {
    pub(crate) word: &'a OsStr,
    pub(crate) ty: &'a Type,
    /// The parameter's name, if the declaration gives it.
    pub(crate) name: Option<&'a str>,
}

/// A word. Words for pointers have prefixes, so that any text can be given.
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
    Callback(WrittenCallback<'a>),
    /// Any other word.
    Plain(&'a [u8]),
}

/// A callback by its prefix, with the text behind the prefix.
pub(crate) enum WrittenCallback<'a> {
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
        } else if let Some(callback) = WrittenCallback::parse(bytes) {
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

impl<'a> WrittenCallback<'a> {
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

/// The name of the elements' type and the elements of `NAME[]:…`, even if no type has this name.
pub(crate) fn array(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = word.iter().position(|byte| !byte.is_ascii_alphanumeric()).filter(|&end| end > 0)?;
    Some((&word[..end], word[end..].strip_prefix(b"[]:")?))
}

/// The scalar type of this name.
pub(crate) fn scalar_named(name: &[u8]) -> Option<Scalar> {
    std::str::from_utf8(name).ok().and_then(Scalar::named)
}
