//! Names of types (C11 6.7.8): typedefs, and names that are known without a declaration.

use hotcall_jit::Scalar;

use super::node::{QualType, TypeNode};
use super::tag::Tag;
use super::target::KnownType;
use super::types::TypeTable;

impl<'t> TypeTable<'t> {
    /// A typedef's type, or the type of a name that is known without a declaration.
    pub(super) fn named(&mut self, name: &str) -> Option<QualType> {
        if let Some(&ty) = self.typedefs.get(name) {
            return Some(ty);
        }
        Some(match self.target.known(name)? {
            KnownType::Scalar(scalar) => self.character(name).unwrap_or_else(|| self.scalar(scalar)),
            KnownType::Text => self.pointer(Self::CHAR),
            KnownType::Pointer => self.pointer(Self::VOID),
            KnownType::Opaque => self.opaque(format_args!("`{name}` is used through pointers only"), None),
            KnownType::Unsupported(what, extent) => {
                self.opaque(format_args!("`{name}`: {what} cannot be passed"), extent)
            }
        })
    }

    pub(super) fn is_typedef(&self, name: &str) -> bool {
        self.typedefs.contains_key(name)
    }

    /// Declares a typedef's name (C11 6.7.8). Returns `false` if it is already another type (C11 6.7p3).
    pub(super) fn declare(&mut self, name: &'t str, mut ty: QualType) -> bool {
        if let Some(&old) = self.typedefs.get(name) {
            return self.compatible(old, ty);
        }
        // `size_t` and related types have scalars of their own, and so have character types.
        if let (Some(KnownType::Scalar(known)), TypeNode::Scalar(scalar, None)) =
            (self.target.known(name), self.node(ty))
            && let Some(own) = self.type_of_name(name, known)
            && scalar.size() == known.size()
            && scalar.is_signed() == known.is_signed()
            && !scalar.is_float()
            && ty.align.is_none()
        {
            ty = own.qualified(ty.quals);
        }
        if let TypeNode::Tag(index) = *self.node(ty) {
            self.tags[index].name.get_or_insert(name);
            self.rename(index);
        }
        self.typedefs.insert(name, ty);
        self.typedefs_in_order.push((name, ty));
        true
    }

    /// The type that a known name has, if the integers of its size are not this type.
    fn type_of_name(&self, name: &str, known: Scalar) -> Option<QualType> {
        let of_its_own = matches!(known, Scalar::Isize | Scalar::Usize).then(|| self.scalar(known));
        self.character(name).or(of_its_own)
    }

    /// Gives a type without a tag the name of its typedef.
    fn rename(&mut self, index: usize) {
        let Tag { name: Some(name), value: Some(value), .. } = &mut self.tags[index] else { return };
        if let Ok(ty) = &mut value.ty
            && ty.as_aggregate().is_some_and(|aggregate| aggregate.name().is_none())
        {
            *ty = ty.clone().named(*name);
        }
    }
}
