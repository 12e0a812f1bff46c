//! What pointer parameters point to, where the declaration says it: values to be passed and shown.

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Direction, Extent, Length, Scalar, Signature, Target, Type};

use crate::array;
use crate::buffer::{Holds, MAX_BUFFER};
use crate::json::encode;
use crate::misfit::{Misfit, MisfitKind};
use crate::store::Store;
use crate::word::value_bits;

/// The values that a parameter points to.
pub(crate) struct Pointee {
    ty: Type,
    size: usize,
    /// How many there are, for a parameter that is declared as an array.
    count: Option<usize>,
    /// The parameter that says how many there are.
    counted_by: Option<Box<str>>,
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
    /// What a parameter of this type points to; otherwise why that is not known.
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
        let mut pointee = Self { ty, size, count: None, counted_by: None, is_read: false };
        pointee.is_read = pointer.is_const() || pointer.direction() == Some(Direction::In);
        match pointer.length() {
            Some(Length::Elements(count)) => pointee.count = Some(usize::try_from(*count).unwrap_or(usize::MAX)),
            Some(Length::Counted(name) | Length::CountedBytes(name)) => pointee.counted_by = Some((**name).into()),
            Some(_) | None => {}
        }
        Ok(pointee)
    }

    /// The bytes of the values, and what of them is shown.
    pub(crate) fn encode(&self, given: Given<'_>, store: &mut Store) -> Result<(Vec<u8>, Holds), Misfit> {
        let (value, shown) = match given {
            Given::Out(value) => (value, true),
            Given::Json(json) => (Some(json), !self.is_read),
        };
        let mut bytes = match value {
            None => match &self.counted_by {
                Some(by) => return Err(MisfitKind::Counted { by: by.clone() }.into()),
                None => vec![0; self.size],
            },
            Some(items) if items.starts_with(b"[") => array::encode_json(items, &self.ty, store)?,
            Some(value) => self.encode_one(value, store)?,
        };
        let is_array = self.count.is_some() || value.is_some_and(|value| value.starts_with(b"["));
        // The callee may write as many as the declaration says.
        let least = self.count.unwrap_or(0).saturating_mul(self.size);
        if least > MAX_BUFFER {
            return Err(MisfitKind::Memory { len: least }.into());
        }
        bytes.resize(least.max(bytes.len()), 0);
        let holds = match (shown, is_array) {
            (false, _) => Holds::Nothing,
            (true, false) => Holds::Value(self.ty.clone()),
            // Bytes that nobody wrote as numbers.
            (true, true) if value.is_none() && self.is_bytes() => Holds::Bytes,
            (true, true) => Holds::Values(self.ty.clone()),
        };
        Ok((bytes, holds))
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

/// The signature of the functions that a parameter points to, if the declaration gives it.
pub(crate) fn signature_of(parameter: &Type) -> Option<&Signature> {
    if let Target::Function(function) = parameter.pointer()?.target() { Some(function.signature()) } else { None }
}

/// Why a type cannot be used, without its name.
fn reason(error: DeclarationError) -> String {
    if let DeclarationError::Unsupported { reason, .. } = error { reason.into() } else { error.to_string() }
}
