//! `#pragma pack`, as GCC and Microsoft's compiler document it: the largest alignment of members from here on.

use super::Fault;
use super::lex::{TokenKind, after_space, tokens};
use crate::declare::error::Quoted;

/// The alignments in force, by position.
#[derive(Default)]
pub(super) struct Packs {
    changes: Vec<(usize, Option<u64>)>,
    stack: Vec<(Option<Box<str>>, Option<u64>)>,
}

impl Packs {
    /// The largest alignment of members at a place, if one is set.
    pub(super) fn at(&self, place: usize) -> Option<u64> {
        let before = self.changes.partition_point(|&(at, _)| at <= place);
        self.changes[..before].last().and_then(|&(_, pack)| pack)
    }

    fn current(&self) -> Option<u64> {
        self.changes.last().and_then(|&(_, pack)| pack)
    }

    /// Reads what follows `#pragma`, in one line.
    pub(super) fn pragma(&mut self, at: usize, text: &str, is_macro: impl Fn(&str) -> bool) -> Result<(), Fault> {
        let text = after_space(text);
        let name_len = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, rest) = text.split_at(name_len);
        match name {
            "pack" => {}
            "ms_struct"
            | "scalar_storage_order"
            | "options"
            | "align"
            | "enum"
            | "redefine_extname"
            | "extern_prefix" => {
                return Err(Fault::new(at, format!("`#pragma {name}` is not supported")));
            }
            "weak" if rest.contains('=') => return Err(Fault::new(at, "`#pragma weak` of an alias is not supported")),
            "clang" if after_space(rest).starts_with("attribute") => {
                return Err(Fault::new(at, "`#pragma clang attribute` is not supported"));
            }
            _ => return Ok(()),
        }
        let arguments = arguments(rest).ok_or_else(|| Fault::new(at, "`#pragma pack` is not understood"))?;
        // GCC takes it for a name, clang for what it stands for.
        if arguments.iter().any(|argument| is_macro(argument)) {
            return Err(Fault::new(at, "a macro in `#pragma pack`; give the preprocessor's output instead (cc -E -P)"));
        }
        match arguments.as_slice() {
            [] => self.set(at, None),
            ["show"] => {}
            ["push", rest @ ..] => {
                let (name, pack) = arguments_of_stack(at, rest)?;
                self.stack.push((name.map(Into::into), self.current()));
                if let Some(pack) = pack {
                    self.set(at, pack);
                }
            }
            ["pop", rest @ ..] => {
                let (name, pack) = arguments_of_stack(at, rest)?;
                if pack.is_some() {
                    return Err(Fault::new(at, "compilers differ about `#pragma pack(pop)` with a number"));
                }
                let found = match name {
                    Some(name) => self.stack.iter().rposition(|(pushed, _)| pushed.as_deref() == Some(name)),
                    None => self.stack.len().checked_sub(1),
                };
                let found = found.ok_or_else(|| Fault::new(at, "`#pragma pack(pop)` without its `push`"))?;
                let old = self.stack.drain(found..).next().and_then(|(_, old)| old);
                self.set(at, old);
            }
            [number] => {
                let pack = number_of(number).ok_or_else(|| bad_number(at, number))?;
                self.set(at, pack);
            }
            _ => return Err(Fault::new(at, "`#pragma pack` is not understood")),
        }
        Ok(())
    }

    fn set(&mut self, at: usize, pack: Option<u64>) {
        self.changes.push((at, pack));
    }
}

/// What stands between the parentheses, which must be all that follows: words and numbers with commas between.
fn arguments(text: &str) -> Option<Vec<&str>> {
    let tokens = tokens(text).ok()?;
    let [open, inside @ .., close] = tokens.as_slice() else { return None };
    if !open.is(b'(') || !close.is(b')') {
        return None;
    }
    let mut arguments = Vec::new();
    for (index, token) in inside.iter().enumerate() {
        match token.kind {
            TokenKind::Word | TokenKind::Number if index % 2 == 0 => arguments.push(&text[token.range()]),
            TokenKind::Punctuator(b',') if index % 2 == 1 => {}
            _ => return None,
        }
    }
    (inside.is_empty() || inside.len() % 2 == 1).then_some(arguments)
}

/// An identifier, a number, or both.
///
/// The outer option says whether a number stands there, the inner what it sets.
fn arguments_of_stack<'t>(at: usize, arguments: &[&'t str]) -> Result<(Option<&'t str>, Option<Option<u64>>), Fault> {
    match arguments {
        [] => Ok((None, None)),
        [name] if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => Ok((Some(name), None)),
        [number] => Ok((None, Some(number_of(number).ok_or_else(|| bad_number(at, number))?))),
        [name, number] => Ok((Some(name), Some(number_of(number).ok_or_else(|| bad_number(at, number))?))),
        _ => Err(Fault::new(at, "`#pragma pack` is not understood")),
    }
}

/// 0 sets the target's own alignments again.
fn number_of(text: &str) -> Option<Option<u64>> {
    match text.parse() {
        Ok(0) => Some(None),
        Ok(number @ (1 | 2 | 4 | 8 | 16)) => Some(Some(number)),
        _ => None,
    }
}

fn bad_number(at: usize, number: &str) -> Fault {
    Fault::new(at, format!("`#pragma pack` takes 1, 2, 4, 8 or 16, not {}", Quoted(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn push_and_pop() {
        let mut packs = Packs::default();
        for (at, text) in [
            (10, "pack(push, 1)"),
            (20, " pack ( push , outer , 4 ) "),
            (30, "pack(push)"),
            (40, "pack(2)"),
            (50, "pack(pop, outer)"),
            (60, "pack(pop)"),
            (70, "GCC visibility push(default)"),
        ] {
            packs.pragma(at, text, |_| false).unwrap();
        }
        let seen: Vec<_> = [0, 10, 20, 30, 40, 50, 60, 70].iter().map(|&at| packs.at(at)).collect();
        assert_eq!(seen, [None, Some(1), Some(4), Some(4), Some(2), Some(1), None, None]);
        for text in [
            "pack(pop)",
            "pack(3)",
            "pack(push, x, y)",
            "pack(1",
            "pack 1",
            "pack",
            "pack()1",
            "pack(1)1",
            "pack(push 1)",
            "pack(push,)",
            "pack(,)",
            "pack((1))",
            "pack(push, 1, x)",
            "pack(one)",
            "pack[1]",
            "pack(\"1\")",
            "weak a = b",
            "redefine_extname a b",
            "clang attribute push(__attribute__((packed)), apply_to = record)",
        ] {
            assert!(packs.pragma(80, text, |_| false).is_err(), "{text}");
        }
        assert!(packs.pragma(80, "pack(push, x)", |word| word == "x").is_err());
        for text in ["weak a", "once", "GCC diagnostic push", "message(\"it's", "", "/* pack(1) */"] {
            packs.pragma(80, text, |_| false).unwrap();
        }
        assert_eq!(packs.at(90), None);
        packs.pragma(90, "/**/pack/**/( /* x */ 1 ) // y", |_| false).unwrap();
        assert_eq!(packs.at(90), Some(1));
    }
}
