//! Preprocessor lines (C11 6.10): object-like macros are kept for constant expressions; conditions need the preprocessor
//! itself.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Fault;
use super::lex::{Token, TokenKind, after_space, spliced, word_len};
use super::source::Source;
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

/// Returns whether `<name.h>` follows, of a standard header.
fn is_standard(text: &str) -> bool {
    let name = text.strip_prefix('<').and_then(|text| text.split_once(".h>"));
    name.is_some_and(|(name, rest)| STANDARD.contains(&name) && after_space(rest).is_empty())
}

/// The problem with a name that is a macro.
pub(super) fn is_macro(name: &str) -> String {
    format!("{} is a macro; give the preprocessor's output instead (cc -E -P)", Quoted(name))
}

/// The macros of a text, each with its definitions in order.
#[derive(Default)]
pub(super) struct Macros<'t> {
    by_name: HashMap<&'t str, Vec<Definition>>,
    bodies: Vec<Box<[Token]>>,
    /// The names of object-like macros, in order.
    names: Vec<&'t str>,
}

#[derive(Clone, Copy)]
struct Definition {
    /// The offset of its directive in the text; it holds from there on.
    at: usize,
    meaning: Meaning,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// An object-like macro: the index of its body.
    Body(usize),
    WithParameters,
    /// After `#undef`.
    Nothing,
}

impl<'t> Macros<'t> {
    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    fn last(&self, name: &str) -> Option<Meaning> {
        self.by_name.get(name)?.last().map(|definition| definition.meaning)
    }

    /// The index of the body of the object-like macro of this name, as last defined.
    pub(super) fn current(&self, name: &str) -> Option<usize> {
        match self.last(name)? {
            Meaning::Body(body) => Some(body),
            Meaning::WithParameters | Meaning::Nothing => None,
        }
    }

    pub(super) fn has_parameters(&self, name: &str) -> bool {
        self.last(name) == Some(Meaning::WithParameters)
    }

    /// The index of the body of the object-like macro of this name at a place in the text.
    pub(super) fn at(&self, name: &str, at: usize) -> Option<usize> {
        let definitions = self.by_name.get(name)?;
        let before = definitions.partition_point(|definition| definition.at < at);
        match definitions[..before].last()?.meaning {
            Meaning::Body(body) => Some(body),
            Meaning::WithParameters | Meaning::Nothing => None,
        }
    }

    pub(super) fn body(&self, index: usize) -> &[Token] {
        &self.bodies[index]
    }

    /// The number of bodies.
    pub(super) fn len(&self) -> usize {
        self.bodies.len()
    }

    /// The object-like macros at the end of the text, each with the index of its body.
    pub(super) fn bodies_in_order(&self) -> Vec<(&'t str, usize)> {
        let mut seen = HashSet::new();
        let names = self.names.iter().copied().filter(|name| seen.insert(*name));
        names.filter_map(|name| Some((name, self.current(name)?))).collect()
    }

    /// The names of macros with parameters, as last defined.
    pub(super) fn with_parameters(&self) -> impl Iterator<Item = &'t str> {
        let all = self.by_name.keys().copied();
        all.filter(|name| self.has_parameters(name))
    }

    fn define(&mut self, name: &'t str, at: usize, meaning: Meaning) {
        self.by_name.entry(name).or_default().push(Definition { at, meaning });
    }
}

impl<'t> Source<'t> {
    /// Acts on a directive, which is a whole line.
    pub(super) fn directive(&mut self, line: Range<usize>) -> Result<(), Fault> {
        let at = line.start;
        let text = &self.text[line];
        let line = after_space(text.strip_prefix("%:").unwrap_or_else(|| &text[1..]));
        let (name, rest) = line.split_at(word_len(line));
        let rest = after_space(rest);
        match name {
            "define" => self.define(at, rest),
            "undef" => {
                let name = &rest[..word_len(rest)];
                if self.macros.by_name.contains_key(name) {
                    self.macros.define(name, at, Meaning::Nothing);
                }
            }
            "pragma" => self.pragma(at, &spliced(rest))?,
            "include" if is_standard(rest) => {}
            "include" | "include_next" | "import" | "embed" | "if" | "ifdef" | "ifndef" | "elif" | "else" | "endif"
            | "error" | "elifdef" | "elifndef" => {
                let problem = format!("`#{name}` needs a preprocessor; give its output instead (cc -E -P)");
                return Err(Fault::fatal(at, problem));
            }
            "line" | "ident" | "sccs" | "warning" | "assert" | "unassert" => {}
            // A line marker of the preprocessor's output.
            _ if line.starts_with(|c: char| c.is_ascii_digit()) => self.preprocessed = true,
            _ if line.is_empty() => {}
            _ => return Err(Fault::fatal(at, "an unknown directive")),
        }
        Ok(())
    }

    /// Remembers a macro (C11 6.10.3).
    fn define(&mut self, at: usize, rest: &'t str) {
        let (name, body) = rest.split_at(word_len(rest));
        if body.starts_with('(') {
            self.macros.define(name, at, Meaning::WithParameters);
            return;
        }
        // A macro that stands for its own name changes nothing.
        if body.trim() == name {
            return;
        }
        let start = body.as_ptr().addr() - self.text.as_ptr().addr();
        let tokens = Self::split(self.text, start..start + body.len());
        // A body that cannot be split cannot be used: a stray token stands for it.
        let stray = || vec![Token { kind: TokenKind::Stray, start: start as u32, link: (start + body.len()) as u32 }];
        self.macros.names.push(name);
        self.macros.bodies.push(tokens.unwrap_or_else(stray).into());
        self.macros.define(name, at, Meaning::Body(self.macros.bodies.len() - 1));
    }
}
