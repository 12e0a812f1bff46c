//! From words to slots, and to the memory and callbacks that slots point to.

use std::ffi::OsStr;

use hotcall::{Callback, Pointee, Scalar, Slot, Type};

use crate::argument::buffer::{Buffer, BufferContent, ShownAs};
use crate::argument::callback;
use crate::argument::pointee::{self, PointeeType, WrittenPointee};
use crate::argument::value_count::ValueCount;
use crate::argument::word::{self, Argument, Word, WrittenCallback};
use crate::text::quote::{escape, quote, shorten};
use crate::value::context::ValueContext;
use crate::value::encode::{encode_items, encode_value};
use crate::value::error::{ValueError, ValueErrorKind};
use crate::value::plain_word;

/// The arguments of a call. The slots are valid as long as this value lives.
#[derive(Default)]
pub(crate) struct ConvertedArguments {
    slots: Vec<Slot>,
    context: ValueContext,
    structs: Vec<Vec<u8>>,
    buffers: Vec<Buffer>,
    callbacks: Vec<(usize, Callback)>,
}

impl ConvertedArguments {
    pub(crate) fn new(context: ValueContext) -> Self {
        Self { context, ..Self::default() }
    }

    /// Converts the next argument. `all` has every argument of the call, because some give the number of values of
    /// others.
    pub(crate) fn push(&mut self, argument: &Argument<'_>, all: &[Argument<'_>]) -> Result<(), ValueError> {
        let bits = match argument.ty.as_scalar() {
            Some(scalar) => match written_pointee(argument, scalar) {
                Some(written) => self.pointee_address(written, argument, all)?,
                None => self.scalar_bits(argument, scalar, all)?,
            },
            None => self.struct_address(argument.word, argument.ty)?,
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
        written: WrittenPointee<'_>,
        argument: &Argument<'_>,
        all: &[Argument<'_>],
    ) -> Result<u64, ValueError> {
        let content = match written {
            WrittenPointee::Out(text) if pointee::is_text_buffer(argument.ty) => {
                pointee::text(text, ValueCount::of(argument.ty, all, &mut self.context)?)?
            }
            WrittenPointee::Out(_) | WrittenPointee::Json(_) => {
                let pointee = PointeeType::of(argument.ty, &self.context.declarations).map_err(|why| {
                    let given = shorten(&String::from_utf8_lossy(argument.word.as_encoded_bytes()));
                    ValueErrorKind::Pointee { given, why }
                })?;
                let count = ValueCount::of(argument.ty, all, &mut self.context)?;
                pointee.encode(written, count, &mut self.context)?
            }
        };
        let label = argument.name.map_or_else(|| self.label("argument"), escape);
        Ok(self.keep(Buffer::with(label, content)?))
    }

    /// The size in bytes of the memory that the declaration promises to the callee; 0 if it promises nothing.
    fn promised_size(&mut self, argument: &Argument<'_>, all: &[Argument<'_>]) -> usize {
        let size = PointeeType::of(argument.ty, &self.context.declarations).map_or(1, |pointee| pointee.size);
        ValueCount::of(argument.ty, all, &mut self.context).map_or(0, |count| count.bytes(size))
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
    ) -> Result<u64, ValueErrorKind> {
        let bytes = argument.word.as_encoded_bytes();
        let mut keep_text = |text| {
            let min_size = self.promised_size(argument, all);
            self.context.keep_text_in(min_size, text)
        };
        match (Word::parse(argument.word), scalar) {
            (Word::Null, _) => plain_word::bits(bytes, scalar, &mut self.context),
            (Word::Buffer(len), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                Ok(self.keep(Buffer::new(self.label("buffer"), len, ShownAs::of(pointee))?))
            }
            (Word::Array(element, items), Scalar::Pointer(pointee)) if pointee != Pointee::Function => {
                let bytes = encode_items(items, element, &mut self.context)?;
                let (min_size, shown_size) = (self.promised_size(argument, all), bytes.len());
                let content = BufferContent { bytes, min_size, shown_size, shown_as: ShownAs::Values(element.into()) };
                Ok(self.keep(Buffer::with(self.label("array"), content)?))
            }
            (Word::Text(text), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer | Pointee::Text)) => keep_text(text),
            (_, Scalar::Pointer(Pointee::Text)) => keep_text(bytes),
            (Word::Callback(written), Scalar::Pointer(Pointee::Function)) => self.callback_address(&written, argument),
            (Word::Callback(_), _) => Err(not_a_function(bytes)),
            (_, Scalar::Pointer(Pointee::Function)) if plain_word::number(bytes).is_none() => {
                Err(ValueErrorKind::Function { given: shorten(&quote(bytes)) })
            }
            (Word::Plain(plain), Scalar::Pointer(Pointee::Opaque | Pointee::Buffer))
                if let Some((name, _)) = word::array(plain) =>
            {
                Err(ValueErrorKind::type_name(name))
            }
            _ => plain_word::bits(bytes, scalar, &mut self.context),
        }
    }

    fn struct_address(&mut self, word: &OsStr, ty: &Type) -> Result<u64, ValueError> {
        let given = word.as_encoded_bytes();
        if let Word::Callback(_) = Word::parse(word) {
            return Err(not_a_function(given).into());
        }
        let bytes = encode_value(given, ty, &mut self.context)?;
        let address = bytes.as_ptr().expose_provenance() as u64;
        self.structs.push(bytes);
        Ok(address)
    }

    fn callback_address(
        &mut self,
        written: &WrittenCallback<'_>,
        argument: &Argument<'_>,
    ) -> Result<u64, ValueErrorKind> {
        let callback = callback::make(written, argument, &self.context.declarations)?;
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

/// The value to be pointed to, if the word gives a value and not the pointer.
fn written_pointee<'a>(argument: &Argument<'a>, scalar: Scalar) -> Option<WrittenPointee<'a>> {
    let Scalar::Pointer(pointee) = scalar else { return None };
    match (Word::parse(argument.word), pointee) {
        (Word::Out(value), Pointee::Opaque | Pointee::Buffer) => Some(WrittenPointee::Out(value)),
        (Word::Out(value), Pointee::Text) if pointee::is_text_buffer(argument.ty) => Some(WrittenPointee::Out(value)),
        (Word::Plain(json), Pointee::Opaque | Pointee::Buffer) if json.starts_with(b"{") || json.starts_with(b"[") => {
            Some(WrittenPointee::Json(json))
        }
        _ => None,
    }
}

fn not_a_function(word: &[u8]) -> ValueErrorKind {
    ValueErrorKind::NotFunction { given: shorten(&quote(word)) }
}
