//! A callback that prints its calls, and always returns one result.

use hotcall::{Call, Callback, Extent, LayoutError, OnPanic, Signature, Slot, Thunk, Type};
use serde_json::value::RawValue;

use crate::output;
use crate::text::quote::escape;
use crate::value::context::{Texts, ValueContext};
use crate::value::error::{ValueError, ValueErrorKind};
use crate::value::{json, plain_word, print, scalar};

/// A result as it is written.
pub(crate) enum WrittenResult<'a> {
    Json(&'a RawValue),
    Word(&'a [u8]),
}

/// Prints each call on a line, and returns the result.
pub(crate) struct Printer {
    name: String,
    signature: Signature,
    /// The result, or no bytes for zeros.
    result: Vec<u8>,
    /// Texts that the result points to.
    _texts: Texts,
}

impl Printer {
    pub(crate) fn new(
        name: &str,
        signature: Signature,
        result: Option<WrittenResult<'_>>,
        mut context: ValueContext,
    ) -> Result<Self, ValueErrorKind> {
        let result = match (result, signature.result()) {
            (None, _) => Vec::new(),
            (Some(_), None) => return Err(ValueErrorKind::NoResult),
            (Some(given), Some(ty)) => encode(&given, ty, &mut context)
                .map_err(|error| ValueErrorKind::Result { ty: ty.clone(), error: Box::new(error) })?,
        };
        Ok(Self { name: escape(name), signature, result, _texts: context.into_texts() })
    }

    pub(crate) fn callback(self) -> Result<Callback, ValueErrorKind> {
        let thunk = Thunk::new(&self.signature)?;
        Ok(Callback::sync(&thunk, OnPanic::Catch, move |call| self.answer(call))?)
    }

    fn answer(&self, call: &mut Call<'_>) {
        // SAFETY: the user's prototype holds for the callback. So a `char *` in it is a readable text pointer.
        let line = unsafe { self.line(call) }.expect("the types were laid out when the thunk was compiled");
        output::write_now(line.as_bytes());
        if self.result.is_empty() {
            return;
        }
        match self.signature.result().and_then(Type::as_scalar) {
            Some(scalar) => {
                call.set_slot(Slot::from_bits(scalar::load(&self.result, scalar))).expect("the result is a scalar");
            }
            None => call.result_bytes().expect("the result is a struct or union").copy_from_slice(&self.result),
        }
    }

    /// # Safety
    ///
    /// Text pointers in the arguments are readable ([`mod@print`]).
    unsafe fn line(&self, call: &Call<'_>) -> Result<String, LayoutError> {
        let mut line = format!("{}(", self.name);
        for (index, (ty, slot)) in self.signature.params().iter().zip(call.slots()).enumerate() {
            if index > 0 {
                line.push_str(", ");
            }
            match ty.as_scalar() {
                // SAFETY: the caller promises that a text pointer is readable.
                Some(scalar) => line.push_str(&unsafe { print::scalar(slot.to_bits(), scalar) }),
                None => {
                    let bytes = call.bytes(index).expect("the argument is a struct or union");
                    // SAFETY: the caller promises that text pointers in the argument are readable.
                    unsafe { print::json(&mut line, ty, bytes) }?;
                }
            }
        }
        line.push_str(")\n");
        Ok(line)
    }
}

/// The bytes of a result.
fn encode(result: &WrittenResult<'_>, ty: &Type, context: &mut ValueContext) -> Result<Vec<u8>, ValueError> {
    let mut bytes = vec![0; Extent::of(ty).map_err(ValueErrorKind::from)?.size as usize];
    match (result, ty.as_scalar()) {
        (WrittenResult::Json(json), _) => json::encode(json, ty, &mut bytes, context)?,
        (WrittenResult::Word(word), Some(of)) => scalar::store(plain_word::bits(word, of, context)?, &mut bytes),
        (WrittenResult::Word(word), None) => {
            return Err(ValueErrorKind::wrong(&String::from_utf8_lossy(word), "an object or an array").into());
        }
    }
    Ok(bytes)
}
