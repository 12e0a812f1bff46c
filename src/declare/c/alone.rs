//! A type's name by itself (C11 6.7.7), with the types of declarations that were read before.

use hotcall_jit::{Pointee, Type};

use super::layout::CExtent;
use super::lex::TokenKind;
use super::reader::Reader;
use super::source::Source;
use super::target::DataModel;
use super::types::{ByValue, Given, QualType, Reason, TagKind, TypeTable, quals, reason};
use super::{Fault, line_starts};
use crate::declare::{DeclarationError, Declarations, NamedType};

/// The longest name of a type in bytes.
const MAX_NAME: usize = 4096;

/// Reads a type's name.
pub(in crate::declare) fn parse_type(text: &str, known: &Declarations) -> Result<Type, DeclarationError> {
    if text.len() > MAX_NAME {
        return Err(DeclarationError::TooLong { len: text.len(), max: MAX_NAME });
    }
    let read = |source: Source<'_>| {
        let words =
            source.tokens.iter().filter(|token| token.kind == TokenKind::Word).map(|token| source.text_of(*token));
        let words: Vec<&str> = words.collect();
        let mut reader = Reader::new(source, DataModel::host());
        words.into_iter().for_each(|word| reader.types.give(word, known));
        let ty = reader.type_name()?;
        if !reader.is_end() {
            return Err(reader.fault("this is not understood as a type"));
        }
        Ok(reader.types.told(ty))
    };
    let value = Source::new(text).and_then(read).map_err(|fault: Fault| fault.error(text, &line_starts(text)))?;
    value.map_err(|why| DeclarationError::Unsupported { symbol: text.into(), reason: (*why).into() })
}

impl<'t> TypeTable<'t> {
    /// Declares the types that have the name.
    fn give(&mut self, name: &'t str, known: &Declarations) {
        let find = |name: &str| known.type_named(name);
        for kind in [TagKind::Struct, TagKind::Union, TagKind::Enum] {
            if let Some(named) = find(&format!("{} {name}", kind.word()))
                && let Some(index) = self.tag_named(kind, name, true)
                && named.extent.is_some()
            {
                self.tags[index].value = Some(value_of(named));
                self.tags[index].defined = true;
            }
        }
        if let Some(named) = find(name) {
            let ty = self.named_before(named);
            self.declare(name, ty);
        }
    }

    fn named_before(&mut self, named: &NamedType) -> QualType {
        let ty = match (&named.ty, named.pointee) {
            (_, Pointee::Text) => TypeTable::CHAR,
            (Ok(ty), _) if let Some(scalar) = ty.as_scalar().filter(|_| ty.pointer().is_none()) => self.scalar(scalar),
            _ => {
                let mut value = value_of(named);
                // Its own alignment, which a typedef does not change.
                let own = value.ty.as_ref().ok().and_then(|ty| hotcall_jit::Extent::of(ty).ok());
                value.extent =
                    own.map(|own| CExtent { size: own.size.into(), align: own.align.into() }).or(value.extent);
                self.given(Given { value, target: named.target.clone() })
            }
        };
        let ty = if named.is_const { ty.qualified(quals::CONST) } else { ty };
        // A typedef may give another alignment than the type's own.
        match (named.extent, self.value(ty).extent) {
            (Some((_, align)), Some(own)) if align != own.align => ty.aligned(align as u32),
            _ => ty,
        }
    }
}

fn extent_of(named: &NamedType) -> Option<CExtent> {
    named.extent.map(|(size, align)| CExtent { size, align })
}

fn value_of(named: &NamedType) -> ByValue {
    let ty = named.ty.clone().map_err(|why| -> Reason { reason(why) });
    ByValue { ty, extent: extent_of(named) }
}
