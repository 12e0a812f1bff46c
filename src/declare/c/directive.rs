//! Preprocessor lines: object-like macros are kept for constant expressions, `#pragma pack` for layouts; conditions need
//! the preprocessor itself.

use std::collections::HashSet;
use std::ops::Range;

use super::Fault;
use super::clean::Cleaner;
use super::lex::{Token, TokenKind, after_space, spliced, tokens};
use crate::declare::error::Quoted;

/// Headers of C and POSIX: what they declare is known, or unknown when it is used. No other header's contents are, which
/// may change layouts as `pshpack1.h` does.
#[rustfmt::skip]
const STANDARD: [&str; 45] = [
    "assert", "ctype", "dirent", "dlfcn", "errno", "fcntl", "fenv", "float", "inttypes", "iso646", "limits",
    "locale", "math", "netdb", "poll", "pthread", "sched", "semaphore", "setjmp", "signal", "stdalign", "stdarg",
    "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "strings", "sys/cdefs",
    "sys/ioctl", "sys/mman", "sys/socket", "sys/stat", "sys/time", "sys/types", "sys/uio", "sys/wait", "time", "uchar", "unistd", "wchar", "wctype",
];

/// Whether `<name.h>` follows, of a standard header.
fn is_standard(text: &str) -> bool {
    let name = text.strip_prefix('<').and_then(|text| text.split_once(".h>"));
    name.is_some_and(|(name, rest)| STANDARD.contains(&name) && after_space(rest).is_empty())
}

/// What is wrong with a name that is a macro.
pub(super) fn is_macro(name: &str) -> String {
    format!("{} is a macro; give the preprocessor's output instead (cc -E -P)", Quoted(name))
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// A definition of an object-like macro, or its end.
pub(super) struct Macro {
    /// Where it stands; it holds from there on.
    pub(super) at: usize,
    /// Its body as an appended expression; `None` while it is not used, and for `#undef`.
    pub(super) expression: Option<usize>,
    pub(super) body: Option<Range<usize>>,
}

impl<'t> Cleaner<'t> {
    pub(super) fn directive(&mut self, token: &Token) -> Result<(), Fault> {
        self.blank(token.range());
        let line = after_space(&self.text[token.start + 1..token.end]);
        let name_len = line.find(|c: char| !is_of_word(c)).unwrap_or(line.len());
        let (name, rest) = line.split_at(name_len);
        let rest = after_space(rest);
        match name {
            "define" => self.define(token, rest),
            "undef" => {
                let name = &rest[..rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len())];
                self.with_parameters.remove(name);
                if let Some(definitions) = self.macros.get_mut(name) {
                    definitions.push(Macro { at: token.start, expression: None, body: None });
                }
            }
            "pragma" => self.pragma(token.start, &spliced(rest))?,
            "include" if is_standard(rest) => {}
            "include" | "include_next" | "import" | "embed" | "if" | "ifdef" | "ifndef" | "elif" | "else" | "endif"
            | "error" | "elifdef" | "elifndef" => {
                let problem = format!("`#{name}` needs a preprocessor; give its output instead (cc -E -P)");
                return Err(Fault::new(token.start, problem));
            }
            "line" | "ident" | "sccs" | "warning" => {}
            // `#` alone, and a line's number.
            _ if line.is_empty() || line.starts_with(|c: char| c.is_ascii_digit()) => {}
            _ => return Err(Fault::new(token.start, "an unknown directive")),
        }
        Ok(())
    }

    /// What follows `#pragma`, in one line.
    pub(super) fn pragma(&mut self, at: usize, text: &str) -> Result<(), Fault> {
        self.packs.pragma(at, text, |word| self.macros.contains_key(word))
    }

    /// Remembers an object-like macro; one with parameters may not be used.
    fn define(&mut self, token: &Token, rest: &'t str) {
        let name_len = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
        let (name, body) = rest.split_at(name_len);
        if body.starts_with('(') {
            self.with_parameters.insert(name);
            return;
        }
        self.with_parameters.remove(name);
        let nothing = tokens(body).is_ok_and(|tokens| tokens.is_empty());
        let body = if nothing { &body[..0] } else { body.trim() };
        // A macro that stands for its own name changes nothing.
        if body == name {
            return;
        }
        let start = body.as_ptr().addr() - self.text.as_ptr().addr();
        let definition = Macro { at: token.start, expression: None, body: Some(start..start + body.len()) };
        self.macros.entry(name.into()).or_default().push(definition);
    }

    /// Appends the bodies of the macros used, and of those used by them.
    pub(super) fn append_macros(&mut self) {
        let text = self.text;
        let mut seen = HashSet::new();
        while let Some(name) = self.used.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(definitions) = self.macros.get_mut(name) else { continue };
            let mut used = Vec::new();
            for definition in definitions.iter_mut() {
                let Some(body) = definition.body.clone() else { continue };
                let body = &text[body];
                // What is no C at all cannot be used either; the parser says so.
                let words = tokens(body).unwrap_or_default();
                used.extend(words.iter().filter(|t| t.kind == TokenKind::Word).map(|t| &body[t.range()]));
                let body: Vec<&str> = words.iter().map(|token| &body[token.range()]).collect();
                definition.expression = Some(self.arguments.len());
                self.arguments.push((body.join(" "), definition.at));
            }
            self.used.append(&mut used);
        }
    }
}
