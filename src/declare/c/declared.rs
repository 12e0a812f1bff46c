//! The meaning of declarations: typedefs, and the functions and variables of the library.

use super::attributes::Attributes;
use super::fault::Fault;
use super::keyword::Storage;
use super::layout::{InnerAttributes, differently_aligned};
use super::node::{QualType, reason};
use super::reader::Reader;
use super::specifier::Specifiers;
use super::symbols::DeclaredSymbol;
use super::tag::Warning;

/// A name with its type, as a declarator gives them.
pub(super) struct Declared<'t> {
    pub(super) name: &'t str,
    /// The name's offset in the text.
    pub(super) at: usize,
    pub(super) ty: QualType,
    pub(super) attributes: Attributes<'t>,
    pub(super) inside: InnerAttributes,
}

impl<'t> Reader<'t> {
    pub(super) fn declare(&mut self, specifiers: &Specifiers<'t>, declared: Declared<'t>) -> Result<(), Fault> {
        match specifiers.storage {
            Storage::Typedef => self.declare_typedef(declared),
            Storage::Symbol => {
                let Declared { name, at, ty, attributes, .. } = declared;
                let is_function = self.types.as_function(ty).is_some();
                self.symbols.declare(&self.types, DeclaredSymbol { name, at, ty, is_function, attributes })
            }
            Storage::Hidden | Storage::Constexpr => {
                let why = || reason("it is `static`, and so not a symbol of the library");
                self.symbols.exclude(declared.name, why);
                Ok(())
            }
        }
    }

    fn declare_typedef(&mut self, declared: Declared<'t>) -> Result<(), Fault> {
        // `packed` on a typedef has no effect, as GCC warns. Only a struct's definition can be packed.
        let mut ty = declared.ty;
        match declared.attributes.type_align() {
            Some(Ok(align)) => ty = ty.aligned(align as u32),
            Some(Err(why)) => ty = self.types.opaque(why, None),
            None => {}
        }
        if declared.inside.is_written() {
            self.warn_of_typedef(&declared, ty);
        }
        if self.types.declare(declared.name, ty) { Ok(()) } else { Err(Fault::conflict(declared.at, declared.name)) }
    }

    fn warn_of_typedef(&mut self, declared: &Declared<'t>, ty: QualType) {
        let Some(natural) = self.types.value(ty).extent.map(|extent| extent.align) else { return };
        let InnerAttributes { align, plain, .. } = declared.inside;
        let outside = declared.attributes.align.clone().and_then(Result::ok).unwrap_or(0);
        let by_clang = match align.max(outside) {
            0 => plain.map_or(natural, Into::into),
            asked => asked,
        };
        let by_gcc = ty.align.map_or(natural, Into::into);
        if by_clang != by_gcc {
            let what = differently_aligned(by_clang, by_gcc).into();
            self.types.warnings.push(Warning { tag: None, name: Some(declared.name), what });
        }
    }
}
