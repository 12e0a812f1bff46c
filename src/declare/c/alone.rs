//! A type's name by itself (C11 6.7.7), with the types of declarations that were read before.

use hotcall_jit::{Pointee, Type};

use super::extent::CExtent;
use super::fault::{Fault, line_starts};
use super::lex::TokenKind;
use super::node::{ByValue, Given, QualType, quals, reason};
use super::reader::Reader;
use super::source::Source;
use super::tag::TagKind;
use super::told::Told;
use super::types::TypeTable;
use crate::declare::declarations::Declarations;
use crate::declare::error::DeclarationError;
use crate::declare::named::NamedType;

/// The longest name of a type in bytes.
const MAX_NAME: usize = 4096;

impl Declarations {
    /// Reads the name of a type, such as `struct point *` or `unsigned long`, with the types of these declarations.
    ///
    /// ```
    /// use hotcall::Type;
    /// use hotcall::declare::Declarations;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let declarations = Declarations::from_c("typedef struct { double x, y; } point;")?;
    /// assert_eq!(declarations.parse_type("point")?.to_string(), "struct point");
    /// assert_eq!(declarations.parse_type("const point *")?, Type::POINTER);
    /// assert_eq!(Declarations::new().parse_type("size_t")?, Type::USIZE);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// * The syntax is wrong; the error has the place.
    /// * The type cannot be passed or is not known.
    /// * The name has more than 4,096 bytes.
    pub fn parse_type(&self, name: &str) -> Result<Type, DeclarationError> {
        if name.len() > MAX_NAME {
            return Err(DeclarationError::TooLong { len: name.len(), max: MAX_NAME });
        }
        let read = |source: Source<'_>| {
            let words =
                source.tokens.iter().filter(|token| token.kind == TokenKind::Word).map(|token| source.text_of(*token));
            let words: Vec<&str> = words.collect();
            let mut reader = Reader::new(source);
            words.into_iter().for_each(|word| reader.give(word, self));
            let ty = reader.type_name()?;
            if !reader.is_end() {
                return Err(reader.fault("this is not understood as a type"));
            }
            Ok(Told::new(&reader.types).value(ty))
        };
        let value = Source::new(name).and_then(read).map_err(|fault: Fault| fault.error(name, &line_starts(name)))?;
        value.map_err(|why| DeclarationError::Unsupported { symbol: name.into(), reason: (*why).into() })
    }
}

impl<'t> Reader<'t> {
    /// Declares the types that have the name.
    fn give(&mut self, name: &'t str, known: &Declarations) {
        let find = |name: &str| known.type_named(name);
        for kind in [TagKind::Struct, TagKind::Union, TagKind::Enum] {
            if let Some(named) = find(&format!("{} {name}", kind.word()))
                && let Some(index) = self.names.tag(&mut self.types, kind, name, true)
                && named.extent.is_some()
            {
                self.types.tags[index].value = Some(value_of(named));
                self.types.tags[index].defined = true;
            }
        }
        if let Some(named) = find(name) {
            let ty = self.types.named_before(named);
            self.types.declare(name, ty);
        }
    }
}

impl TypeTable<'_> {
    /// The type that was read before.
    fn named_before(&mut self, named: &NamedType) -> QualType {
        let ty = match (&named.ty, named.pointee) {
            (_, Pointee::Text) => TypeTable::CHAR,
            (Ok(ty), _) if let Some(own) = ty.character().and_then(|character| self.character(character.name())) => own,
            (Ok(ty), _) if let Some(scalar) = ty.as_scalar().filter(|_| ty.pointer().is_none()) => self.scalar(scalar),
            _ => {
                let mut value = value_of(named);
                // The alignment of the type itself, which a typedef does not change.
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
    let ty = named.ty.clone().map_err(reason);
    ByValue { ty, extent: extent_of(named) }
}
