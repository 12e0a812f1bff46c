//! Words of the command line to slots, and what slots point to: memory and callbacks.

use std::ffi::OsStr;

use hotcall::{Callback, Extent, Pointee, Scalar, Slot, Type, TypeKind};

use crate::array::encode_items;
use crate::buffer::{Buffer, Holds, Values};
use crate::callback::{self, Parameter};
use crate::count::Count;
use crate::json::encode;
use crate::misfit::{Misfit, MisfitKind};
use crate::pointee::{self, Given, signature_of};
use crate::quote::{escape, quote, shorten};
use crate::store::Store;
use crate::word::{self, Argument, Word, number, value_bits};

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

    /// Converts the next argument. `all` are those of the call, some of which count what others point to.
    pub(crate) fn push(&mut self, argument: &Argument<'_>, all: &[Argument<'_>]) -> Result<(), Misfit> {
        let bits = match argument.ty.kind() {
            TypeKind::Scalar(scalar) => match given_pointee(argument, *scalar) {
                Some(given) => self.pointee_address(given, argument, all)?,
                None => self.scalar_bits(argument, *scalar, all)?,
            },
            TypeKind::Aggregate(_) | TypeKind::Array(_) => self.struct_address(argument.word, argument.ty)?,
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

    /// Memory for the values that the parameter points to.
    fn pointee_address(
        &mut self,
        given: Given<'_>,
        argument: &Argument<'_>,
        all: &[Argument<'_>],
    ) -> Result<u64, Misfit> {
        let values = match given {
            Given::Out(text) if pointee::is_text_buffer(argument.ty) => {
                pointee::text(text, Count::of(argument.ty, all, &mut self.store)?)?
            }
            Given::Out(_) | Given::Json(_) => {
                let pointee = pointee::Pointee::of(argument.ty, &self.store.declarations).map_err(|why| {
                    let given = shorten(&String::from_utf8_lossy(argument.word.as_encoded_bytes()));
                    MisfitKind::Pointee { given, why }
                })?;
                pointee.encode(given, Count::of(argument.ty, all, &mut self.store)?, &mut self.store)?
            }
        };
        let label = argument.name.map_or_else(|| self.label("argument"), escape);
        Ok(self.keep(Buffer::with(label, values)?))
    }

    /// The size in bytes of the memory that the declaration promises to the callee; 0 if it promises nothing.
    fn promised(&mut self, argument: &Argument<'_>, all: &[Argument<'_>]) -> usize {
        let size = pointee::Pointee::of(argument.ty, &self.store.declarations).map_or(1, |pointee| pointee.size());
        Count::of(argument.ty, all, &mut self.store).map_or(0, |count| count.bytes(size))
    }

    /// The name of the next argument's memory in the output.
    fn label(&self, what: &str) -> String {
        format!("{what} {}", self.slots.len() + 1)
    }

    fn scalar_bits(
        &mut self,
        argument: &Argument<'_>,
        scalar: Scalar,
        all: &[Argument<'_>],
    ) -> Result<u64, MisfitKind> {
        let bytes = argument.word.as_encoded_bytes();
        match (Word::parse(argument.word), scalar) {
            (Word::Null, _) => value_bits(bytes, scalar, &mut self.store),
            (Word::Buffer(len), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                Ok(self.keep(Buffer::new(self.label("buffer"), len, Holds::of(pointee))?))
            }
            (Word::Array(element, items), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                let bytes = encode_items(items, element, &mut self.store)?;
                let (least, shown) = (self.promised(argument, all), bytes.len());
                let values = Values { bytes, least, shown, holds: Holds::Values(element.into()) };
                Ok(self.keep(Buffer::with(self.label("array"), values)?))
            }
            (Word::Text(text), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer | Pointee::Text)) => {
                let least = self.promised(argument, all);
                self.store.keep_text_in(least, text)
            }
            (_, Scalar::Pointer(Pointee::Text)) => {
                let least = self.promised(argument, all);
                self.store.keep_text_in(least, bytes)
            }
            (Word::Callback(written), Scalar::Pointer(Pointee::Function)) => self.callback_address(&written, argument),
            (Word::Callback(_), _) => Err(not_a_function(bytes)),
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

    fn callback_address(&mut self, written: &word::Callback<'_>, argument: &Argument<'_>) -> Result<u64, MisfitKind> {
        let parameter = Parameter { name: argument.name, signature: signature_of(argument.ty) };
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

/// The value to be pointed to, if the word gives one rather than the pointer.
fn given_pointee<'a>(argument: &Argument<'a>, scalar: Scalar) -> Option<Given<'a>> {
    let Scalar::Pointer(pointee) = scalar else { return None };
    match (Word::parse(argument.word), pointee) {
        (Word::Out(value), Pointee::Opaque | Pointee::Buffer) => Some(Given::Out(value)),
        (Word::Out(value), Pointee::Text) if pointee::is_text_buffer(argument.ty) => Some(Given::Out(value)),
        (Word::Plain(json), Pointee::Opaque | Pointee::Buffer) if json.starts_with(b"{") || json.starts_with(b"[") => {
            Some(Given::Json(json))
        }
        _ => None,
    }
}

fn not_a_function(word: &[u8]) -> MisfitKind {
    MisfitKind::NotFunction { given: shorten(&quote(word)) }
}
