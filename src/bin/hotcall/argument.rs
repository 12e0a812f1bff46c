//! Words of the command line to slots, and what slots point to: memory and callbacks.

use std::ffi::OsStr;

use hotcall::{Callback, Extent, Pointee, Scalar, Slot, Type, TypeKind};

use crate::array::encode_items;
use crate::buffer::{Buffer, Holds};
use crate::callback::{self, Parameter};
use crate::json::encode;
use crate::misfit::{Misfit, MisfitKind};
use crate::pointee::{self, Given, signature_of};
use crate::print::{self, quote, shorten};
use crate::store::Store;
use crate::word::{self, Word, number, value_bits};

/// The arguments of a call. The slots are valid as long as this lives.
#[derive(Default)]
pub(crate) struct Arguments {
    slots: Vec<Slot>,
    store: Store,
    structs: Vec<Vec<u8>>,
    buffers: Vec<Buffer>,
    callbacks: Vec<(usize, Callback)>,
}

impl Arguments {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, ..Self::default() }
    }

    /// Converts the next word to an argument of this type, for the parameter of this name.
    pub(crate) fn push(&mut self, word: &OsStr, ty: &Type, name: Option<&str>) -> Result<(), Misfit> {
        let bits = match ty.kind() {
            TypeKind::Scalar(scalar) => match given_pointee(word, *scalar) {
                Some(given) => self.pointee_address(given, word, ty, name)?,
                None => self.scalar_bits(word, *scalar, ty, name)?,
            },
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

    /// Memory for what the parameter points to.
    fn pointee_address(
        &mut self,
        given: Given<'_>,
        word: &OsStr,
        ty: &Type,
        name: Option<&str>,
    ) -> Result<u64, Misfit> {
        let pointee = pointee::Pointee::of(ty, &self.store.declarations).map_err(|why| {
            let given = shorten(&String::from_utf8_lossy(word.as_encoded_bytes()));
            MisfitKind::Pointee { given, why }
        })?;
        let (bytes, holds) = pointee.encode(given, &mut self.store)?;
        let label = name.map_or_else(|| self.label("argument"), print::escape);
        Ok(self.keep(Buffer::with(label, &bytes, holds)?))
    }

    /// What the next argument's memory is called.
    fn label(&self, what: &str) -> String {
        format!("{what} {}", self.slots.len() + 1)
    }

    fn scalar_bits(&mut self, word: &OsStr, scalar: Scalar, ty: &Type, name: Option<&str>) -> Result<u64, MisfitKind> {
        let bytes = word.as_encoded_bytes();
        match (Word::parse(word), scalar) {
            (Word::Text(text), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer)) => self.store.keep_text(text),
            (Word::Buffer(len), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                Ok(self.keep(Buffer::new(self.label("buffer"), len, Holds::of(pointee))?))
            }
            (Word::Array(element, items), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                let bytes = encode_items(items, element, &mut self.store)?;
                Ok(self.keep(Buffer::with(self.label("array"), &bytes, Holds::Values(element.into()))?))
            }
            (Word::Callback(written), Scalar::Pointer(Pointee::Function)) => self.callback_address(&written, ty, name),
            (Word::Callback(_), scalar) if scalar != Scalar::Pointer(Pointee::Text) => Err(not_a_function(bytes)),
            (Word::Null, _) => value_bits(bytes, scalar, &mut self.store),
            (_, Scalar::Pointer(Pointee::Function)) if number(bytes).is_none() => {
                Err(MisfitKind::Function { given: shorten(&quote(bytes)) })
            }
            (Word::Plain(plain), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer))
                if let Some((name, _)) = word::array(plain) =>
            {
                Err(MisfitKind::type_name(name))
            }
            _ => value_bits(bytes, scalar, &mut self.store),
        }
    }

    fn struct_address(&mut self, word: &OsStr, ty: &Type) -> Result<u64, Misfit> {
        let given = word.as_encoded_bytes();
        if let Word::Callback(_) = Word::parse(word) {
            return Err(not_a_function(given).into());
        }
        let json = serde_json::from_slice(given).map_err(|source| MisfitKind::json("a struct", given, source))?;
        let mut bytes = vec![0; Extent::of(ty).map_err(MisfitKind::from)?.size as usize];
        encode(json, ty, &mut bytes, &mut self.store)?;
        let address = bytes.as_ptr().expose_provenance() as u64;
        self.structs.push(bytes);
        Ok(address)
    }

    fn callback_address(
        &mut self,
        written: &word::Callback<'_>,
        ty: &Type,
        name: Option<&str>,
    ) -> Result<u64, MisfitKind> {
        let parameter = Parameter { name, signature: signature_of(ty) };
        let callback = callback::make(written, &parameter, &self.store.declarations)?;
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

/// The value for a pointer to lead to that a word gives; `None` if it gives the pointer itself. For text every word is one.
fn given_pointee(word: &OsStr, scalar: Scalar) -> Option<Given<'_>> {
    if !matches!(scalar, Scalar::Pointer(Pointee::Opaque | Pointee::Buffer)) {
        return None;
    }
    match Word::parse(word) {
        Word::Out(value) => Some(Given::Out(value)),
        Word::Plain(json) if json.starts_with(b"{") || json.starts_with(b"[") => Some(Given::Json(json)),
        Word::Null | Word::Buffer(_) | Word::Text(_) | Word::Array(..) | Word::Callback(_) | Word::Plain(_) => None,
    }
}

fn not_a_function(word: &[u8]) -> MisfitKind {
    MisfitKind::NotFunction { given: shorten(&quote(word)) }
}
