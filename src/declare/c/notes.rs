//! What a declaration says of a pointer beyond its type: the length of a parameter that is declared as an array (C11
//! 6.7.6.3p7), and words that say more than C.
//!
//! These are Microsoft's annotations ("Annotating Function Parameters and Return Values"), the counts of Clang's bounds safety
//! (`__counted_by(n)`, `__sized_by(n)`) and GCC's attributes `access`, `counted_by`, `malloc(deallocator)` and `weak` ("Common
//! Function Attributes", "Common Variable Attributes"). They do not change a type.

use hotcall_jit::{Direction, Length, Type};

use super::lex::Kind;
use super::reader::Reader;
use super::types::FunctionType;

/// What is noted.
#[derive(Clone, Default)]
pub(super) struct Notes {
    pub(super) length: Option<Length>,
    pub(super) direction: Option<Direction>,
    /// Of a function's result: the function that frees it.
    pub(super) freed_by: Option<Box<str>>,
    /// Of a function's parameters.
    pub(super) accesses: Vec<Access>,
    /// The library may lack the symbol.
    pub(super) optional: bool,
}

/// `access(mode, pointer, size)`: the indices of parameters count from 0.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) direction: Direction,
    pub(super) pointer: usize,
    pub(super) size: Option<usize>,
}

impl Notes {
    pub(super) const NONE: Self =
        Self { length: None, direction: None, freed_by: None, accesses: Vec::new(), optional: false };

    const fn is_empty(&self) -> bool {
        let none = self.length.is_none() && self.direction.is_none() && self.freed_by.is_none();
        none && self.accesses.is_empty() && !self.optional
    }

    /// The notes to be kept, if there are any.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        if self.is_empty() { None } else { Some(Box::new(self)) }
    }

    /// Both together; the first win.
    pub(super) fn and(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        Self {
            length: self.length.clone().or_else(|| other.length.clone()),
            direction: self.direction.or(other.direction),
            freed_by: self.freed_by.clone().or_else(|| other.freed_by.clone()),
            accesses: [&self.accesses[..], &other.accesses].concat(),
            optional: self.optional || other.optional,
        }
    }

    /// The type with these notes, if it is a pointer or an array without a length.
    pub(super) fn on(&self, ty: Type) -> Type {
        if let (Some(_), Some(Length::Counted(name))) = (ty.as_array(), &self.length) {
            return ty.counted_by(name.clone());
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
            noted = noted.with_freed_by(function.clone());
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
        let mut length = None;
        if self.is(b'(') {
            let bytes = word.contains("_bytes_") || word.contains("_sized_by");
            length = self.count(self.at + 1, bytes).filter(|_| COUNTS.iter().any(|part| word.contains(part)));
            self.skip_brackets();
        }
        let direction = match word {
            _ if word.starts_with("_Inout_") => Some(Direction::InOut),
            _ if word.starts_with("_In_") => Some(Direction::In),
            _ if word.starts_with("_Out") => Some(Direction::Out),
            _ => None,
        };
        *notes = notes.and(&Notes { length, direction, ..Notes::default() });
    }

    /// An attribute that notes something; its arguments begin at the token `first`.
    pub(super) fn note_attribute(&self, name: &str, first: usize, notes: &mut Notes) {
        let argument = |place: usize| self.source.tokens[first + 2 * place];
        let index = |place: usize| {
            // Parameters are counted from 1; what stands behind the last argument is no number.
            let token = argument(place);
            let text = if token.kind == Kind::Number { self.text(token) } else { "" };
            text.parse::<usize>().ok().and_then(|index| index.checked_sub(1))
        };
        match name {
            "counted_by" | "counted_by_or_null" => notes.length = self.count(first, false),
            "sized_by" | "sized_by_or_null" => notes.length = self.count(first, true),
            "malloc" if argument(0).kind == Kind::Word => notes.freed_by = Some(self.text(argument(0)).into()),
            "access" => {
                let direction = match self.text(argument(0)).trim_matches('_') {
                    "read_only" => Direction::In,
                    "write_only" => Direction::Out,
                    "read_write" => Direction::InOut,
                    _ => return,
                };
                let size = if argument(1).kind == Kind::Number { index(2) } else { None };
                notes.accesses.extend(index(1).map(|pointer| Access { direction, pointer, size }));
            }
            _ => {}
        }
    }

    /// A name or a number that is an argument by itself.
    fn count(&self, first: usize, bytes: bool) -> Option<Length> {
        let [token, behind] = [first, first + 1].map(|index| self.source.tokens[index]);
        if !matches!(behind.kind, Kind::Mark(b',' | b')')) {
            return None;
        }
        let text = self.text(token);
        match (token.kind, bytes) {
            (Kind::Word, false) => Some(Length::Counted(text.into())),
            (Kind::Word, true) => Some(Length::CountedBytes(text.into())),
            (Kind::Number, false) => text.parse().ok().map(Length::Elements),
            (Kind::Number, true) => text.parse().ok().map(Length::Bytes),
            _ => None,
        }
    }
}

impl FunctionType<'_> {
    /// The function with what is noted of it.
    pub(super) fn noted(&self, notes: &Notes) -> Self {
        let mut function = Self { result_notes: notes.clone().boxed(), ..self.clone() };
        for access in &notes.accesses {
            let name = access.size.and_then(|size| function.params.get(size)?.name);
            if let Some(parameter) = function.params.get_mut(access.pointer) {
                let length = name.map(|name| Length::Counted(name.into()));
                let noted = Notes { length, direction: Some(access.direction), ..Notes::default() };
                parameter.notes = noted.and(parameter.notes.as_deref().unwrap_or(&Notes::NONE)).boxed();
            }
        }
        function
    }
}
