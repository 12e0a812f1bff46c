//! Words of the command line to slots, and what slots point to: memory and callbacks.

use std::ffi::OsStr;

use hotcall::{Callback, Extent, Pointee, Scalar, Slot, Type, TypeKind};

use crate::array::encode_items;
use crate::buffer::{Buffer, Holds};
use crate::callback;
use crate::json::{Texts, encode, keep_text};
use crate::misfit::{Misfit, MisfitKind};
use crate::print::{quote, shorten};
use crate::word::{self, Word, number, value_bits};

/// The arguments of a call. The slots are valid as long as this lives.
#[derive(Default)]
pub(crate) struct Arguments {
    slots: Vec<Slot>,
    texts: Texts,
    structs: Vec<Vec<u8>>,
    buffers: Vec<Buffer>,
    callbacks: Vec<(usize, Callback)>,
}

impl Arguments {
    /// Converts the next word to an argument of this type.
    pub(crate) fn push(&mut self, word: &OsStr, ty: &Type) -> Result<(), Misfit> {
        let bits = match ty.kind() {
            TypeKind::Scalar(scalar) => self.scalar_bits(word, *scalar)?,
            TypeKind::Aggregate(_) | TypeKind::Array(_) => self.struct_address(word, ty)?,
        };
        self.slots.push(Slot::from_bits(bits));
        Ok(())
    }

    /// One slot for each word.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The buffers and arrays, in the order of the arguments.
    pub(crate) fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// The callbacks, each with the index of its argument.
    pub(crate) fn callbacks(&self) -> &[(usize, Callback)] {
        &self.callbacks
    }

    fn scalar_bits(&mut self, word: &OsStr, scalar: Scalar) -> Result<u64, MisfitKind> {
        let bytes = word.as_encoded_bytes();
        match (Word::parse(word), scalar) {
            (Word::Text(text), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer)) => keep_text(text, &mut self.texts),
            (Word::Buffer(len), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                Ok(self.keep(Buffer::new(self.slots.len(), len, Holds::of(pointee))?))
            }
            (Word::Array(element, items), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                let bytes = encode_items(items, element, &mut self.texts)?;
                Ok(self.keep(Buffer::with(self.slots.len(), &bytes, Holds::Elements(element))?))
            }
            (Word::Callback(written), Scalar::Pointer(Pointee::Function)) => self.callback_address(&written),
            (Word::Callback(_), scalar) if scalar != Scalar::Pointer(Pointee::Text) => Err(not_a_function(bytes)),
            (Word::Null, _) => value_bits(bytes, scalar, &mut self.texts),
            (_, Scalar::Pointer(Pointee::Function)) if number(bytes).is_none() => {
                Err(MisfitKind::Function { given: shorten(&quote(bytes)) })
            }
            (Word::Plain(plain), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer))
                if let Some((name, _)) = word::array(plain) =>
            {
                Err(MisfitKind::type_name(name))
            }
            _ => value_bits(bytes, scalar, &mut self.texts),
        }
    }

    fn struct_address(&mut self, word: &OsStr, ty: &Type) -> Result<u64, Misfit> {
        let given = word.as_encoded_bytes();
        if let Word::Callback(_) = Word::parse(word) {
            return Err(not_a_function(given).into());
        }
        let json = serde_json::from_slice(given).map_err(|source| MisfitKind::json("a struct", given, source))?;
        let mut bytes = vec![0; Extent::of(ty).map_err(MisfitKind::from)?.size as usize];
        encode(json, ty, &mut bytes, &mut self.texts)?;
        let address = bytes.as_ptr().expose_provenance() as u64;
        self.structs.push(bytes);
        Ok(address)
    }

    fn callback_address(&mut self, written: &word::Callback<'_>) -> Result<u64, MisfitKind> {
        let callback = callback::make(written)?;
        let bits = Slot::from(&callback).to_bits();
        self.callbacks.push((self.slots.len(), callback));
        Ok(bits)
    }

    fn keep(&mut self, mut buffer: Buffer) -> u64 {
        let address = buffer.address();
        self.buffers.push(buffer);
        address
    }
}

fn not_a_function(word: &[u8]) -> MisfitKind {
    MisfitKind::NotFunction { given: shorten(&quote(word)) }
}
