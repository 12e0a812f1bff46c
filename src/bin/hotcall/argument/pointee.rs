//! Values that pointer parameters point to, if the declaration gives their type. They are made from words, and shown
//! after the call.

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Direction, Extent, Scalar, Target, Type};

use crate::argument::buffer::{BufferContent, ShownAs};
use crate::argument::value_count::ValueCount;
use crate::value::context::ValueContext;
use crate::value::encode::{encode_json_items, encode_value};
use crate::value::error::{ValueError, ValueErrorKind};

/// The type of the values that a parameter points to.
pub(crate) struct PointeeType {
    ty: Type,
    /// The size of a value in bytes.
    pub(crate) size: usize,
    /// True if the callee only reads them.
    is_read: bool,
}

/// A value that a pointer leads to, as it is written.
#[derive(Clone, Copy)]
pub(crate) enum WrittenPointee<'a> {
    /// `out`, or `out:…`: shown after the call.
    Out(Option<&'a [u8]>),
    /// JSON alone: shown after the call if the callee may write to it.
    Json(&'a [u8]),
}

impl PointeeType {
    /// The type for a parameter of this type, or the reason why it is not known.
    pub(crate) fn of(parameter: &Type, declarations: &Declarations) -> Result<Self, String> {
        let pointer = parameter.pointer().ok_or("the declaration does not say it")?;
        let ty = match pointer.target() {
            Target::Type(ty) => ty.clone(),
            Target::Named(name) => match declarations.type_named(name) {
                Some(named) => named.ty().cloned().map_err(reason)?,
                None => return Err(format!("`{name}` is not declared")),
            },
            Target::Void => return Err("it is `void`".to_owned()),
            Target::Function(_) => return Err("it is a function".to_owned()),
            Target::Unsupported(why) => return Err(why.to_string()),
            _ => return Err(format!("it is `{}`", pointer.target())),
        };
        let size = Extent::of(&ty).map_err(|error| error.to_string())?.size as usize;
        let is_read = pointer.is_const() || pointer.direction() == Some(Direction::In);
        Ok(Self { ty, size, is_read })
    }

    /// The bytes of the values, and the part of them that is shown. The memory always has room for `count` values,
    /// because the callee may use them all.
    pub(crate) fn encode(
        &self,
        written: WrittenPointee<'_>,
        count: ValueCount,
        context: &mut ValueContext,
    ) -> Result<BufferContent, ValueError> {
        let (value, is_shown) = match written {
            WrittenPointee::Out(value) => (value, true),
            WrittenPointee::Json(json) => (Some(json), !self.is_read),
        };
        let is_list = value.is_some_and(|value| value.starts_with(b"["));
        // A list itself gives the number of values.
        if matches!(count, ValueCount::Unknown) && !is_list {
            return Err(ValueErrorKind::Uncounted { instead: "out:[A,B] or buffer:N" }.into());
        }
        let bytes = match value {
            None => Vec::new(),
            Some(items) if is_list => encode_json_items(items, &self.ty, context)?,
            Some(value) => encode_value(value, &self.ty, context)?,
        };
        let elements = self.elements(count).map(|elements| elements.saturating_mul(self.size));
        let shown_size = match elements {
            Some(counted) => counted.max(bytes.len()),
            None if is_list => bytes.len(),
            None => self.size,
        };
        let shown_as = match (is_shown, is_list || elements.is_some()) {
            (false, _) => ShownAs::Nothing,
            (true, false) => ShownAs::Value(self.ty.clone()),
            // Bytes that were not written as numbers.
            (true, true) if value.is_none() && self.is_bytes() => ShownAs::Bytes,
            (true, true) => ShownAs::Values(self.ty.clone()),
        };
        Ok(BufferContent {
            bytes,
            min_size: count.bytes(self.size).max(shown_size).max(self.size),
            shown_size,
            shown_as,
        })
    }

    /// The number of values to be shown, if the declaration gives it. A struct whose size is given in bytes may be
    /// followed by something other than structs.
    fn elements(&self, count: ValueCount) -> Option<usize> {
        match count {
            ValueCount::Elements(count) => Some(count),
            ValueCount::Bytes(bytes) if self.ty.as_scalar().is_some() => Some(bytes.div_ceil(self.size.max(1))),
            ValueCount::Bytes(_) | ValueCount::Undeclared | ValueCount::Unknown => None,
        }
    }

    fn is_bytes(&self) -> bool {
        matches!(self.ty.as_scalar(), Some(Scalar::U8 | Scalar::I8))
    }
}

/// Returns true if a parameter takes memory for a text, and not a text: the callee may write to it, and the declaration
/// says so or gives its size.
pub(crate) fn is_text_buffer(parameter: &Type) -> bool {
    parameter.as_scalar() == Some(Scalar::Pointer(hotcall::Pointee::Text))
        && parameter.pointer().is_some_and(|pointer| match pointer.direction() {
            _ if pointer.is_const() => false,
            Some(Direction::Out | Direction::InOut) => true,
            Some(Direction::In) => false,
            None => pointer.length().is_some(),
            Some(_) => false,
        })
}

/// Memory for `count` characters. It begins with this text, or with a zero.
pub(crate) fn text(text: Option<&[u8]>, count: ValueCount) -> Result<BufferContent, ValueErrorKind> {
    if matches!(count, ValueCount::Unknown) {
        return Err(ValueErrorKind::Uncounted { instead: "buffer:N" });
    }
    let bytes = [text.unwrap_or_default(), &[0]].concat();
    let min_size = count.bytes(1).max(bytes.len());
    Ok(BufferContent { bytes, min_size, shown_size: min_size, shown_as: ShownAs::Text })
}

/// The reason why a type cannot be used, without its name.
fn reason(error: DeclarationError) -> String {
    if let DeclarationError::Unsupported { reason, .. } = error { reason.into() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_not_known_refuses_all_but_lists() {
        let pointee = PointeeType { ty: Type::I32, size: 4, is_read: false };
        let encode = |given| pointee.encode(given, ValueCount::Unknown, &mut ValueContext::default());
        for given in [WrittenPointee::Out(None), WrittenPointee::Out(Some(b"1")), WrittenPointee::Json(b"{}")] {
            let message = encode(given).err().expect("it is refused").to_string();
            assert!(message.contains("in a form that is not known: write out:[A,B] or buffer:N"), "{message}");
        }
        let values = encode(WrittenPointee::Out(Some(b"[1,2]"))).expect("a list has a length");
        assert_eq!((values.bytes, values.min_size, values.shown_size), (vec![1, 0, 0, 0, 2, 0, 0, 0], 8, 8));
        for given in [None, Some(&b"text"[..])] {
            let message = text(given, ValueCount::Unknown).err().expect("it is refused").to_string();
            assert!(message.ends_with("in a form that is not known: write buffer:N"), "{message}");
        }
    }
}
