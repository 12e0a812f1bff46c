//! Values that pointer parameters point to, where the declaration says it: made from words, and shown after the call.

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Direction, Extent, Scalar, Signature, Target, Type};

use crate::array;
use crate::buffer::{Holds, Values};
use crate::count::Count;
use crate::json::encode;
use crate::misfit::{Misfit, MisfitKind};
use crate::store::Store;
use crate::word::value_bits;

/// The values that a parameter points to.
pub(crate) struct Pointee {
    ty: Type,
    size: usize,
    /// The callee only reads them.
    is_read: bool,
}

/// A value for a pointer to lead to, as it is written.
#[derive(Clone, Copy)]
pub(crate) enum Given<'a> {
    /// `out`, or `out:…`: shown after the call.
    Out(Option<&'a [u8]>),
    /// JSON alone: shown after the call if the callee may write to it.
    Json(&'a [u8]),
}

impl Pointee {
    /// The values for a parameter of this type, or the reason why their type is not known.
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

    /// The size of a value in bytes.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// The bytes of the values, and the part of them that is shown. Memory for `count` values is made in any case, since
    /// the callee may use them all.
    pub(crate) fn encode(&self, given: Given<'_>, count: Count, store: &mut Store) -> Result<Values, Misfit> {
        let (value, is_shown) = match given {
            Given::Out(value) => (value, true),
            Given::Json(json) => (Some(json), !self.is_read),
        };
        let is_list = value.is_some_and(|value| value.starts_with(b"["));
        // A list says itself how many values there are.
        if matches!(count, Count::Unknown) && !is_list {
            return Err(MisfitKind::Uncounted { instead: "out:[A,B] or buffer:N" }.into());
        }
        let bytes = match value {
            None => Vec::new(),
            Some(items) if is_list => array::encode_json(items, &self.ty, store)?,
            Some(value) => self.encode_one(value, store)?,
        };
        let elements = self.elements(count).map(|elements| elements.saturating_mul(self.size));
        let shown = match elements {
            Some(counted) => counted.max(bytes.len()),
            None if is_list => bytes.len(),
            None => self.size,
        };
        let holds = match (is_shown, is_list || elements.is_some()) {
            (false, _) => Holds::Nothing,
            (true, false) => Holds::Value(self.ty.clone()),
            // Bytes that nobody wrote as numbers.
            (true, true) if value.is_none() && self.is_bytes() => Holds::Bytes,
            (true, true) => Holds::Values(self.ty.clone()),
        };
        Ok(Values { bytes, least: count.bytes(self.size).max(shown).max(self.size), shown, holds })
    }

    /// The number of values to be shown, if the declaration counts them. Behind a struct whose size is given in bytes there
    /// may be something other than structs.
    fn elements(&self, count: Count) -> Option<usize> {
        match count {
            Count::Elements(count) => Some(count),
            Count::Bytes(bytes) if self.ty.as_scalar().is_some() => Some(bytes.div_ceil(self.size.max(1))),
            Count::Bytes(_) | Count::Unsaid | Count::Unknown => None,
        }
    }

    fn is_bytes(&self) -> bool {
        matches!(self.ty.as_scalar(), Some(Scalar::U8 | Scalar::I8))
    }

    fn encode_one(&self, value: &[u8], store: &mut Store) -> Result<Vec<u8>, Misfit> {
        let mut bytes = vec![0; self.size];
        match self.ty.as_scalar() {
            Some(scalar) => bytes.copy_from_slice(&value_bits(value, scalar, store)?.to_le_bytes()[..self.size]),
            None => {
                let json =
                    serde_json::from_slice(value).map_err(|source| MisfitKind::json("a struct", value, source))?;
                encode(json, &self.ty, &mut bytes, store)?;
            }
        }
        Ok(bytes)
    }
}

/// Returns whether a parameter takes memory for a text, rather than a text: the callee may write to it, and the declaration says
/// so or gives its size.
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

/// Memory for `count` characters, which begins with this text, or else with a zero.
pub(crate) fn text(text: Option<&[u8]>, count: Count) -> Result<Values, MisfitKind> {
    if matches!(count, Count::Unknown) {
        return Err(MisfitKind::Uncounted { instead: "buffer:N" });
    }
    let bytes = [text.unwrap_or_default(), &[0]].concat();
    let least = count.bytes(1).max(bytes.len());
    Ok(Values { bytes, least, shown: least, holds: Holds::Text })
}

/// The signature of the functions that a parameter points to, if the declaration gives it.
pub(crate) fn signature_of(parameter: &Type) -> Option<&Signature> {
    if let Target::Function(function) = parameter.pointer()?.target() { Some(function.signature()) } else { None }
}

/// Why a type cannot be used, without its name.
fn reason(error: DeclarationError) -> String {
    if let DeclarationError::Unsupported { reason, .. } = error { reason.into() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_not_known_refuses_all_but_lists() {
        let pointee = Pointee { ty: Type::I32, size: 4, is_read: false };
        let encode = |given| pointee.encode(given, Count::Unknown, &mut Store::default());
        for given in [Given::Out(None), Given::Out(Some(b"1")), Given::Json(b"{}")] {
            let message = encode(given).err().expect("it is refused").to_string();
            assert!(message.contains("in a form that is not known: write out:[A,B] or buffer:N"), "{message}");
        }
        let values = encode(Given::Out(Some(b"[1,2]"))).expect("a list has a length");
        assert_eq!((values.bytes, values.least, values.shown), (vec![1, 0, 0, 0, 2, 0, 0, 0], 8, 8));
        for given in [None, Some(&b"text"[..])] {
            let message = text(given, Count::Unknown).err().expect("it is refused").to_string();
            assert!(message.ends_with("in a form that is not known: write buffer:N"), "{message}");
        }
    }
}
