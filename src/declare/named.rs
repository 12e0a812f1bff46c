//! The types and constants that a text declares by name, with or without a symbol that uses them.

use hotcall_jit::{Pointee, Target, Type};

use super::error::DeclarationError;

/// A type with a name: a struct, union or enum by its tag, or a typedef.
#[derive(Clone, PartialEq, Debug)]
pub struct NamedType {
    pub(super) name: Box<str>,
    pub(super) ty: Result<Type, Box<str>>,
    pub(super) extent: Option<(u64, u64)>,
    /// The kind of a pointer to it.
    pub(super) pointee: Pointee,
    pub(super) target: Target,
    pub(super) is_const: bool,
}

impl NamedType {
    /// The name in C: `struct point` for a tag, `point` for a typedef.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type.
    ///
    /// # Errors
    ///
    /// The type is declared but cannot be passed: it is incomplete, a function, or of an unsupported kind.
    pub fn ty(&self) -> Result<&Type, DeclarationError> {
        self.ty
            .as_ref()
            .map_err(|reason| DeclarationError::Unsupported { symbol: self.name.clone(), reason: reason.clone() })
    }

    /// The target of a pointer to the type: for a function's type the function, for a struct or union its own name.
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Returns true if the type is a typedef of a `const` type.
    pub const fn is_const(&self) -> bool {
        self.is_const
    }

    /// The type's size in bytes, like `sizeof`. Many types that cannot be passed have one too. `None` if it is not
    /// known.
    pub fn size(&self) -> Option<u64> {
        self.extent.map(|(size, _)| size)
    }

    /// The type's alignment in bytes, like `_Alignof`.
    pub fn align(&self) -> Option<u64> {
        self.extent.map(|(_, align)| align)
    }
}

/// The value of a constant.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Constant {
    /// An integer.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// A string's bytes, without the zero that ends it in C.
    Text(Box<[u8]>),
}
