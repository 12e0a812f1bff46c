//! `#pragma pack`, as GCC and Microsoft's compiler document it: the largest alignment of the members that follow. And
//! `#pragma ms_struct`, which changes the layout of bit-fields.

use super::brackets::split;
use super::lex::{TokenKind, after_space, word_len};
use crate::declare::error::Quoted;

/// The pragmas in force, by the index of the next token.
#[derive(Default)]
pub(super) struct Pragmas {
    /// The largest alignments. 0 means the target's own alignments.
    packs: Vec<(usize, u64)>,
    stack: Vec<(Option<Box<str>>, u64)>,
    ms_struct: Vec<(usize, bool)>,
}

/// The last change up to a token.
fn at<T: Copy>(changes: &[(usize, T)], token: usize) -> Option<T> {
    let before = changes.partition_point(|&(place, _)| place <= token);
    changes[..before].last().map(|&(_, value)| value)
}

impl Pragmas {
    /// The largest alignment of members at a token, if one is set.
    pub(super) fn pack_at(&self, token: usize) -> Option<u64> {
        at(&self.packs, token).filter(|&pack| pack > 0)
    }

    /// Returns true if bit-fields at a token are laid out like in Microsoft's compiler.
    pub(super) fn ms_struct_at(&self, token: usize) -> bool {
        at(&self.ms_struct, token).unwrap_or_default()
    }

    /// Reads the text after `#pragma`, in one line, before the token `place`. Returns the fault, if there is one.
    pub(super) fn pragma(&mut self, place: usize, text: &str, is_macro: impl Fn(&str) -> bool) -> Result<(), Box<str>> {
        let text = after_space(text);
        let (name, rest) = text.split_at(word_len(text));
        let rest = after_space(rest);
        match (name, &rest[..word_len(rest)]) {
            ("pack", _) => return self.pack(place, rest, is_macro),
            ("ms_struct", value @ ("on" | "off" | "reset")) => self.ms_struct.push((place, value == "on")),
            ("ms_struct", _) => return Err("`#pragma ms_struct` is not understood".into()),
            ("scalar_storage_order" | "options" | "align" | "enum" | "redefine_extname" | "extern_prefix", _) => {
                return Err(format!("`#pragma {name}` is not supported").into());
            }
            ("weak", _) if rest.contains('=') => return Err("`#pragma weak` of an alias is not supported".into()),
            ("clang", _) if rest.starts_with("attribute") => {
                return Err("`#pragma clang attribute` is not supported".into());
            }
            _ => {}
        }
        Ok(())
    }

    fn pack(&mut self, place: usize, rest: &str, is_macro: impl Fn(&str) -> bool) -> Result<(), Box<str>> {
        let arguments = arguments(rest).ok_or(NOT_UNDERSTOOD)?;
        // GCC reads it as a name, and Clang expands the macro.
        if arguments.iter().any(|argument| is_macro(argument)) {
            return Err("a macro in `#pragma pack`; give the preprocessor's output instead (cc -E -P)".into());
        }
        let pack = match arguments.as_slice() {
            [] => 0,
            ["show"] => return Ok(()),
            ["push", rest @ ..] => {
                let (name, pack) = arguments_of_stack(rest)?;
                let current = self.packs.last().map_or(0, |&(_, pack)| pack);
                self.stack.push((name.map(Into::into), current));
                pack.unwrap_or(current)
            }
            ["pop", rest @ ..] => {
                let (name, pack) = arguments_of_stack(rest)?;
                if pack.is_some() {
                    return Err("compilers differ about `#pragma pack(pop)` with a number".into());
                }
                let found = match name {
                    Some(name) => self.stack.iter().rposition(|(pushed, _)| pushed.as_deref() == Some(name)),
                    None => self.stack.len().checked_sub(1),
                };
                let found = found.ok_or("`#pragma pack(pop)` without its `push`")?;
                self.stack.drain(found..).next().map_or(0, |(_, old)| old)
            }
            [number] => number_of(number)?,
            _ => return Err(NOT_UNDERSTOOD.into()),
        };
        self.packs.push((place, pack));
        Ok(())
    }
}

const NOT_UNDERSTOOD: &str = "`#pragma pack` is not understood";

/// The words and numbers between the parentheses, separated by commas. Nothing else may follow.
fn arguments(text: &str) -> Option<Vec<&str>> {
    let tokens = split(text, 0..text.len())?;
    let [open, inside @ .., close] = tokens.as_slice() else { return None };
    if !open.is(b'(') || !close.is(b')') {
        return None;
    }
    let mut arguments = Vec::new();
    for (index, token) in inside.iter().enumerate() {
        if index % 2 == 0 && matches!(token.kind, TokenKind::Word | TokenKind::Number) {
            arguments.push(&text[token.range()]);
        } else if index % 2 == 0 || !token.is(b',') {
            return None;
        }
    }
    (inside.is_empty() || inside.len() % 2 == 1).then_some(arguments)
}

/// An identifier, a number, or both.
fn arguments_of_stack<'t>(arguments: &[&'t str]) -> Result<(Option<&'t str>, Option<u64>), Box<str>> {
    match arguments {
        [] => Ok((None, None)),
        [name] if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => Ok((Some(name), None)),
        [number] => Ok((None, Some(number_of(number)?))),
        [name, number] => Ok((Some(name), Some(number_of(number)?))),
        _ => Err(NOT_UNDERSTOOD.into()),
    }
}

/// A largest alignment, or 0.
fn number_of(text: &str) -> Result<u64, Box<str>> {
    match text.parse() {
        Ok(number @ (0 | 1 | 2 | 4 | 8 | 16)) => Ok(number),
        _ => Err(format!("`#pragma pack` takes 1, 2, 4, 8 or 16, not {}", Quoted(text)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_are_pushed_and_popped() {
        let mut packs = Pragmas::default();
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
        let seen: Vec<_> = [0, 10, 20, 30, 40, 50, 60, 70].iter().map(|&at| packs.pack_at(at)).collect();
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
        assert_eq!(packs.pack_at(90), None);
        packs.pragma(90, "/**/pack/**/( /* x */ 1 ) // y", |_| false).unwrap();
        assert_eq!(packs.pack_at(90), Some(1));
    }
}
