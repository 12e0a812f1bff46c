//! Words and attributes that [note](Notes) something.

use hotcall_jit::{Direction, Length};

use super::lex::TokenKind;
use super::notes::{Access, Notes, PointerNotes};
use super::reader::Reader;

/// Returns true if a word notes something. `call` is true if a parenthesis follows.
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

/// The beginnings of Microsoft's annotations after their first underscore. The rest says whether the pointer may be
/// null, and how much memory it leads to.
const MICROSOFT: [&str; 6] = ["In_", "Out_", "Outptr_", "Inout_", "Ret_", "Field_size_"];

/// The words of annotations that count elements behind a pointer, and not a callee's accesses.
const COUNTS: [&str; 6] = ["reads_", "writes_", "updates_", "_counted_by", "_sized_by", "_Field_size_"];

impl Reader<'_> {
    /// Reads a word that [notes](is_note) something, with its arguments.
    pub(super) fn note(&mut self, notes: &mut PointerNotes) {
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
            "counted_by" | "counted_by_or_null" => notes.pointer.length = Some(self.count(first, false)),
            "sized_by" | "sized_by_or_null" => notes.pointer.length = Some(self.count(first, true)),
            "malloc" if self.source.tokens[first].kind == TokenKind::Word => {
                notes.pointer.freed_by = Some(self.text(self.source.tokens[first]).into());
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
