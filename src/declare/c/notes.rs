//! Facts that a declaration tells of a pointer beyond its type: the length of a parameter that is declared as an array (C11
//! 6.7.6.3p7), and words that say more than C.
//!
//! These are Microsoft's annotations ("Annotating Function Parameters and Return Values"), the counts of Clang's bounds safety
//! (`__counted_by(n)`, `__sized_by(n)`) and GCC's attributes `access`, `counted_by`, `malloc(deallocator)` and `weak` ("Common
//! Function Attributes", "Common Variable Attributes"). They do not change a type.

use std::sync::Arc;

use hotcall_jit::{Direction, Length, MAX_PARAMETERS, Type};

use super::lex::TokenKind;
use super::reader::Reader;
use super::types::CFunction;

/// The facts of one declarator.
#[derive(Clone, Default)]
pub(super) struct Notes {
    pub(super) length: Option<Length>,
    pub(super) direction: Option<Direction>,
    /// Of a function's result: the function that frees it.
    pub(super) freed_by: Option<Arc<str>>,
    /// Of a function's parameters: one for each, at most.
    accesses: Vec<Access>,
    /// The library may lack the symbol.
    pub(super) optional: bool,
}

/// `access(mode, pointer, size)`: the indices of parameters count from 0.
#[derive(Clone)]
struct Access {
    direction: Direction,
    pointer: usize,
    size: Option<usize>,
}

impl Notes {
    pub(super) const NONE: Self =
        Self { length: None, direction: None, freed_by: None, accesses: Vec::new(), optional: false };

    /// The notes of a pointer, if there are any: those without a function's accesses.
    pub(super) fn of_pointer(&self) -> Option<Box<Self>> {
        let Self { length, direction, freed_by, .. } = self;
        let is_noted = length.is_some() || direction.is_some() || freed_by.is_some();
        is_noted.then(|| {
            Box::new(Self { length: length.clone(), direction: *direction, freed_by: freed_by.clone(), ..Self::NONE })
        })
    }

    /// Adds the facts that are not noted yet.
    pub(super) fn add(&mut self, other: &Self) {
        if self.length.is_none() {
            self.length.clone_from(&other.length);
        }
        self.direction = self.direction.or(other.direction);
        if self.freed_by.is_none() {
            self.freed_by.clone_from(&other.freed_by);
        }
        other.accesses.iter().for_each(|access| self.add_access(access));
        self.optional |= other.optional;
    }

    fn add_access(&mut self, access: &Access) {
        let is_noted = self.accesses.iter().any(|noted| noted.pointer == access.pointer);
        if !is_noted && access.pointer < MAX_PARAMETERS {
            self.accesses.push(access.clone());
        }
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

/// Returns whether a word notes something; `call` says whether a parenthesis follows.
pub(super) fn is_note(word: &str, call: bool) -> bool {
    let Some(rest) = word.strip_prefix('_') else { return false };
    match rest {
        "_counted_by" | "_counted_by_or_null" | "_sized_by" | "_sized_by_or_null" => call,
        "Check_return_"
        | "Must_inspect_result_"
        | "Null_terminated_"
        | "Printf_format_string_"
        | "Reserved_"
        | "Success_" => true,
        _ => rest.ends_with('_') && MICROSOFT.iter().any(|begin| rest.starts_with(begin)),
    }
}

/// How Microsoft's annotations begin behind their first underscore. What follows says whether the pointer may be null, and how
/// much is behind it.
const MICROSOFT: [&str; 6] = ["In_", "Out_", "Outptr_", "Inout_", "Ret_", "Field_size_"];

/// The words of annotations that count what a pointer leads to, rather than what a callee did there.
const COUNTS: [&str; 6] = ["reads_", "writes_", "updates_", "_counted_by", "_sized_by", "_Field_size_"];

impl Reader<'_> {
    /// Reads a word that [notes](is_note) something, with its arguments.
    pub(super) fn note(&mut self, notes: &mut Notes) {
        let word = self.word();
        self.at += 1;
        if self.is(b'(') {
            if COUNTS.iter().any(|part| word.contains(part)) {
                let length = self.count(self.at + 1, word.contains("_bytes_") || word.contains("_sized_by"));
                notes.length.get_or_insert(length);
            }
            self.skip_brackets();
        }
        let direction = match word {
            _ if word.starts_with("_Inout_") => Some(Direction::InOut),
            _ if word.starts_with("_In_") => Some(Direction::In),
            _ if word.starts_with("_Out") => Some(Direction::Out),
            _ => None,
        };
        notes.direction = notes.direction.or(direction);
    }

    /// An attribute that notes something; its arguments begin at the token `first`.
    pub(super) fn note_attribute(&mut self, name: &str, first: usize, notes: &mut Notes) {
        match name {
            "counted_by" | "counted_by_or_null" => notes.length = Some(self.count(first, false)),
            "sized_by" | "sized_by_or_null" => notes.length = Some(self.count(first, true)),
            "malloc" if self.source.tokens[first].kind == TokenKind::Word => {
                notes.freed_by = Some(self.text(self.source.tokens[first]).into());
            }
            "access" => {
                if let Some(access) = self.access(first) {
                    notes.add_access(&access);
                }
            }
            _ => {}
        }
    }

    fn access(&self, first: usize) -> Option<Access> {
        // Each argument is one token.
        let argument = |place: usize| self.source.tokens[first + 2 * place];
        // Parameters are counted from 1. The last argument is followed by a token that is not a number.
        let index = |place: usize| {
            let token = argument(place);
            let text = if token.kind == TokenKind::Number { self.text(token) } else { "" };
            text.parse::<usize>().ok()?.checked_sub(1)
        };
        let direction = match self.text(argument(0)).trim_matches('_') {
            "read_only" => Direction::In,
            "write_only" => Direction::Out,
            "read_write" => Direction::InOut,
            _ => return None,
        };
        let pointer = index(1)?;
        Some(Access { direction, pointer, size: index(2) })
    }

    /// The count that begins at the token `first`: the name of a parameter or member, or a constant expression.
    fn count(&mut self, first: usize, bytes: bool) -> Length {
        let [token, behind] = [first, first + 1].map(|index| self.source.tokens[index]);
        let text = self.text(token);
        let is_alone = matches!(behind.kind, TokenKind::Mark(b',' | b')'));
        if is_alone && token.kind == TokenKind::Word && self.names.constant(text).is_none() {
            return if bytes { Length::CountedBytes(text.into()) } else { Length::Counted(text.into()) };
        }
        let at = std::mem::replace(&mut self.at, first);
        let value = self.integer_constant().ok().and_then(Result::ok);
        let is_read = matches!(self.token().kind, TokenKind::Mark(b',' | b')'));
        self.at = at;
        match value.and_then(|value| u64::try_from(value).ok()).filter(|_| is_read) {
            Some(count) if bytes => Length::Bytes(count),
            Some(count) => Length::Elements(count),
            None => Length::Expression,
        }
    }
}

impl CFunction<'_> {
    /// The function with the facts that are noted of it.
    pub(super) fn noted(&self, notes: &Notes) -> Self {
        let mut function = Self { result_notes: notes.of_pointer(), ..self.clone() };
        for access in &notes.accesses {
            let length = access.size.map(|size| match function.params.get(size).and_then(|parameter| parameter.name) {
                Some(name) => Length::Counted(name.into()),
                None => Length::Expression,
            });
            if let Some(parameter) = function.params.get_mut(access.pointer) {
                let mut noted = Notes { length, direction: Some(access.direction), ..Notes::default() };
                noted.add(parameter.notes.as_deref().unwrap_or(&Notes::NONE));
                parameter.notes = noted.of_pointer();
            }
        }
        function
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
        assert!(notes.of_pointer().is_none());
    }
}
