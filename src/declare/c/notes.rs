//! Facts about a pointer beyond its type. They come from the length of a parameter that is declared as an array (C11
//! 6.7.6.3p7), and from words that extend C.
//!
//! Such words are Microsoft's annotations ("Annotating Function Parameters and Return Values") and the counts of
//! Clang's bounds safety (`__counted_by(n)`, `__sized_by(n)`). Others are GCC's attributes `access`, `counted_by`,
//! `malloc(deallocator)` and `weak` ("Common Function Attributes", "Common Variable Attributes"). They do not change a
//! type.

use std::sync::Arc;

use hotcall_jit::{Direction, Length, MAX_PARAMETERS, Type};

/// The facts of one declarator.
#[derive(Clone, Default)]
pub(super) struct Notes {
    /// Facts of a pointer, or of the result of a function.
    pub(super) pointer: PointerNotes,
    /// Facts of a function's parameters: at most one for each.
    pub(super) accesses: Vec<Access>,
    /// The library may lack the symbol.
    pub(super) optional: bool,
}

/// The facts of one pointer.
#[derive(Clone, PartialEq, Default)]
pub(super) struct PointerNotes {
    pub(super) length: Option<Length>,
    pub(super) direction: Option<Direction>,
    /// The function that frees the pointer's target.
    pub(super) freed_by: Option<Arc<str>>,
}

/// `access(mode, pointer, size)`: the indices of parameters count from 0.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) direction: Direction,
    pub(super) pointer: usize,
    pub(super) size: Option<usize>,
}

impl Notes {
    pub(super) const NONE: Self = Self { pointer: PointerNotes::NONE, accesses: Vec::new(), optional: false };

    /// Adds the facts that are not noted yet.
    pub(super) fn add(&mut self, other: &Self) {
        self.pointer.add(&other.pointer);
        other.accesses.iter().for_each(|access| self.add_access(access));
        self.optional |= other.optional;
    }

    pub(super) fn add_access(&mut self, access: &Access) {
        let is_noted = self.accesses.iter().any(|noted| noted.pointer == access.pointer);
        if !is_noted && access.pointer < MAX_PARAMETERS {
            self.accesses.push(access.clone());
        }
    }
}

impl PointerNotes {
    pub(super) const NONE: Self = Self { length: None, direction: None, freed_by: None };

    /// The notes, if there are any.
    pub(super) fn kept(&self) -> Option<Box<Self>> {
        (*self != Self::NONE).then(|| self.clone().into())
    }

    /// Adds the facts that are not noted yet.
    pub(super) fn add(&mut self, other: &Self) {
        self.length = self.length.take().or_else(|| other.length.clone());
        self.direction = self.direction.or(other.direction);
        self.freed_by = self.freed_by.take().or_else(|| other.freed_by.clone());
    }

    /// The type with these notes, if it is a pointer or an array without a length.
    pub(super) fn on(&self, ty: Type) -> Type {
        if let (Some(_), Some(Length::Counted(name))) = (ty.as_array(), &self.length) {
            return ty.counted_by(&**name);
        }
        let Some(pointer) = ty.pointer() else { return ty };
        let mut noted = pointer.clone();
        if let Some(length) = &self.length {
            noted = noted.with_length(length.clone());
        }
        if let Some(direction) = self.direction {
            noted = noted.with_direction(direction);
        }
        if let Some(function) = &self.freed_by {
            noted = noted.with_freed_by(Arc::clone(function));
        }
        ty.clone().with_pointer(noted).unwrap_or(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attributes are merged for each declarator, so their size must not grow with the text.
    #[test]
    fn a_parameter_has_one_access() {
        let access = |pointer| Access { direction: Direction::In, pointer, size: None };
        let mut notes = Notes::default();
        for pointer in (0..2 * MAX_PARAMETERS).chain(0..MAX_PARAMETERS) {
            notes.add(&Notes { accesses: vec![access(pointer)], ..Notes::NONE });
        }
        assert_eq!(notes.accesses.len(), MAX_PARAMETERS);
        assert!(notes.pointer.kept().is_none());
    }
}
