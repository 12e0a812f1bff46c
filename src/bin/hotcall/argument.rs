//! Words of the command line to slots, and the memory that slots point to.

use std::ffi::OsStr;

use hotcall::{Extent, Pointee, Scalar, Slot, Type};

use crate::json::{Texts, encode, expected, keep_text};
use crate::misfit::{Misfit, MisfitKind};
use crate::number::{Number, Value};
use crate::print::{quote, shorten};

/// The largest `buffer:N`: more than any interface fills at once, and small enough to be given anywhere.
const MAX_BUFFER: usize = 256 << 20;

/// The arguments of a call. The slots are valid as long as this lives.
#[derive(Default)]
pub(crate) struct Arguments {
    slots: Vec<Slot>,
    texts: Texts,
    structs: Vec<Vec<u8>>,
    buffers: Vec<Buffer>,
}

/// Memory for a callee to write to.
pub(crate) struct Buffer {
    /// The index of the argument, counted from 0.
    pub(crate) argument: usize,
    holds: Holds,
    chunks: Vec<Chunk>,
    len: usize,
}

/// What a buffer is shown as.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    Bytes,
}

/// Aligned as `malloc` aligns.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Chunk([u8; 16]);

/// A word of the command line. Words for pointers have prefixes, so that any text can be given.
enum Word<'a> {
    Null,
    /// `buffer:N`
    Buffer(usize),
    /// `text:…`
    Text(&'a [u8]),
    Plain(&'a [u8]),
}

impl<'a> Word<'a> {
    fn parse(word: &'a OsStr) -> Self {
        let bytes = word.as_encoded_bytes();
        if bytes == b"null" {
            Self::Null
        } else if let Some(text) = bytes.strip_prefix(b"text:") {
            Self::Text(text)
        } else if let Some(digits) = bytes.strip_prefix(b"buffer:").and_then(digits) {
            // What is too large to be read is too large to be made.
            Self::Buffer(digits.parse().unwrap_or(usize::MAX))
        } else {
            Self::Plain(bytes)
        }
    }
}

fn digits(bytes: &[u8]) -> Option<&str> {
    let all = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(bytes).ok().filter(|_| all)
}

/// The type that C's callers would pass the word as where the declaration says `...`.
pub(crate) fn infer(word: &OsStr) -> Type {
    match Word::parse(word) {
        Word::Null => Type::POINTER,
        Word::Buffer(_) | Word::Text(_) => Type::TEXT,
        Word::Plain(plain) => match std::str::from_utf8(plain).ok().and_then(Number::parse).map(Number::value) {
            Some(Value::Integer(value)) if i32::try_from(value).is_ok() => Type::I32,
            // Beyond 64 bits: refused as out of range when it is converted.
            Some(Value::Integer(value)) if value > i64::MAX.into() => Type::U64,
            Some(Value::Integer(_)) => Type::I64,
            Some(Value::Float(_)) => Type::F64,
            None => Type::TEXT,
        },
    }
}

impl Arguments {
    /// Converts the next word to an argument of this type.
    pub(crate) fn push(&mut self, word: &OsStr, ty: &Type) -> Result<(), Misfit> {
        let bits = match ty {
            Type::Scalar(scalar) => self.scalar_bits(word, *scalar)?,
            Type::Aggregate(_) | Type::Array(_) => self.struct_address(word, ty)?,
        };
        self.slots.push(Slot::from_bits(bits));
        Ok(())
    }

    /// One slot for each word.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The buffers, in the order of the arguments.
    pub(crate) fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    fn scalar_bits(&mut self, word: &OsStr, scalar: Scalar) -> Result<u64, MisfitKind> {
        match (Word::parse(word), scalar) {
            (Word::Null, Scalar::Pointer(_)) => Ok(0),
            (Word::Text(text), Scalar::Pointer(Pointee::Text | Pointee::Opaque | Pointee::Buffer))
            | (Word::Plain(text), Scalar::Pointer(Pointee::Text)) => keep_text(text, &mut self.texts),
            (Word::Buffer(len), Scalar::Pointer(Pointee::Text)) => self.buffer_address(len, Holds::Text),
            (Word::Buffer(len), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer)) => {
                self.buffer_address(len, Holds::Bytes)
            }
            (Word::Plain(b"true"), Scalar::Bool) => Ok(1),
            (Word::Plain(b"false"), Scalar::Bool) => Ok(0),
            _ => number_bits(word, scalar),
        }
    }

    fn struct_address(&mut self, word: &OsStr, ty: &Type) -> Result<u64, Misfit> {
        let json = serde_json::from_slice(word.as_encoded_bytes())
            .map_err(|source| MisfitKind::Json { json: shorten(&word.to_string_lossy()), source })?;
        let mut bytes = vec![0; Extent::of(ty).map_err(MisfitKind::from)?.size as usize];
        encode(json, ty, &mut bytes, &mut self.texts)?;
        let address = bytes.as_ptr().expose_provenance() as u64;
        self.structs.push(bytes);
        Ok(address)
    }

    fn buffer_address(&mut self, len: usize, holds: Holds) -> Result<u64, MisfitKind> {
        let mut buffer = Buffer::new(self.slots.len(), len, holds)?;
        let address = buffer.chunks.as_mut_ptr().expose_provenance() as u64;
        self.buffers.push(buffer);
        Ok(address)
    }
}

fn number_bits(word: &OsStr, scalar: Scalar) -> Result<u64, MisfitKind> {
    match word.to_str().and_then(Number::parse) {
        Some(number) => number.to_bits(scalar),
        None => {
            let given = quote(word.as_encoded_bytes());
            Err(match scalar {
                Scalar::Pointer(Pointee::Function) => MisfitKind::Callback { given: shorten(&given) },
                _ => MisfitKind::wrong(&given, expected(scalar)),
            })
        }
    }
}

impl Buffer {
    fn new(argument: usize, len: usize, holds: Holds) -> Result<Self, MisfitKind> {
        let count = len.div_ceil(size_of::<Chunk>());
        let mut chunks = Vec::new();
        if len > MAX_BUFFER || chunks.try_reserve_exact(count).is_err() {
            return Err(MisfitKind::Memory { len });
        }
        chunks.resize(count, Chunk([0; 16]));
        Ok(Self { argument, holds, chunks, len })
    }

    /// What the buffer holds: its text in quotes up to the first zero, or its bytes in hexadecimal.
    pub(crate) fn content(&self) -> String {
        let bytes: Vec<u8> = self.chunks.iter().flat_map(|chunk| chunk.0).take(self.len).collect();
        match self.holds {
            Holds::Text => quote(bytes.split(|&byte| byte == 0).next().unwrap_or_default()),
            Holds::Bytes => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        }
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
            ("9223372036854775808", Type::U64),
            ("1.0", Type::F64),
            ("1e3", Type::F64),
            ("-Infinity", Type::F64),
            ("NaN", Type::F64),
            ("null", Type::POINTER),
            ("text:1", Type::TEXT),
            ("buffer:8", Type::TEXT),
            ("buffer:x", Type::TEXT),
            ("infinity", Type::TEXT),
            ("", Type::TEXT),
        ] {
            assert_eq!(infer(OsStr::new(word)), ty, "{word}");
        }
    }
}
