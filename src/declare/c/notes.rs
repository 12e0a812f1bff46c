//! What a declaration says of a pointer beyond its type: the length of a parameter that is declared as an array (C11
//! 6.7.6.3p7).

use hotcall_jit::{Length, Type};

/// What is noted of a pointer.
#[derive(Clone, Default)]
pub(super) struct Notes {
    pub(super) length: Option<Length>,
}

impl Notes {
    /// The type with these notes, if it is a pointer.
    pub(super) fn on(&self, ty: Type) -> Type {
        let (Some(pointer), Some(length)) = (ty.pointer(), &self.length) else { return ty };
        let noted = pointer.clone().with_length(length.clone());
        ty.clone().with_pointer(noted).unwrap_or(ty)
    }
}
