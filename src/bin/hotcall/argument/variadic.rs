//! The types of arguments that a declaration leaves open with `...`.

use std::ffi::OsStr;

use hotcall::Type;

use crate::argument::word::Word;
use crate::value::number::{Number, NumberValue};
use crate::value::plain_word;

/// The type with which a C caller would pass the word for `...`.
pub(crate) fn type_of(word: &OsStr) -> Type {
    match Word::parse(word) {
        Word::Null | Word::Array(..) => Type::POINTER,
        // Without a prototype, `print` is an ordinary word.
        Word::Callback(_) if word == "print" => Type::TEXT,
        Word::Callback(_) => Type::FUNCTION,
        Word::Buffer(_) | Word::Text(_) => Type::TEXT,
        // The type that it would point to is not known.
        Word::Out(_) => Type::TEXT,
        Word::Plain(plain) => match plain_word::number(plain).map(Number::value) {
            Some(NumberValue::Integer(value)) if i32::try_from(value).is_ok() => Type::I32,
            // The number exceeds 64 bits. It is refused as out of range when it is converted.
            Some(NumberValue::Integer(value)) if value > i64::MAX.into() => Type::U64,
            Some(NumberValue::Integer(_)) => Type::I64,
            Some(NumberValue::Float(_)) => Type::F64,
            // The number is refused when it is converted.
            Some(NumberValue::NotOctal) => Type::I32,
            None => Type::TEXT,
        },
    }
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
            assert_eq!(type_of(OsStr::new(word)), ty, "{word}");
        }
    }
}
