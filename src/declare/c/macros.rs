//! Macros. The bodies of object-like macros are kept for constant expressions.

use std::collections::{HashMap, HashSet};

use super::brackets::split;
use super::lex::{Token, TokenKind, word_len};

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
    /// The offset of its directive in the text. It holds from there on.
    at: usize,
    meaning: Meaning,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// An object-like macro: the index of its body.
    Body(usize),
    WithParameters,
    /// The name after `#undef`.
    Nothing,
}

impl Meaning {
    const fn body(self) -> Option<usize> {
        if let Self::Body(body) = self { Some(body) } else { None }
    }
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
        self.last(name)?.body()
    }

    pub(super) fn has_parameters(&self, name: &str) -> bool {
        self.last(name) == Some(Meaning::WithParameters)
    }

    /// The index of the body that the object-like macro of this name has at a place in the text.
    pub(super) fn at(&self, name: &str, at: usize) -> Option<usize> {
        let definitions = self.by_name.get(name)?;
        let before = definitions.partition_point(|definition| definition.at < at);
        definitions[..before].last()?.meaning.body()
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

    /// Remembers a macro (C11 6.10.3) of the text by its name and the text after it.
    pub(super) fn define(&mut self, text: &'t str, at: usize, rest: &'t str) {
        let (name, body) = rest.split_at(word_len(rest));
        if body.starts_with('(') {
            self.add(name, at, Meaning::WithParameters);
            return;
        }
        // A macro that expands to its own name changes nothing.
        if body.trim() == name {
            return;
        }
        let start = body.as_ptr().addr() - text.as_ptr().addr();
        let range = start..start + body.len();
        // A body that cannot be split cannot be used, and becomes a stray token.
        let stray = || vec![Token { kind: TokenKind::Stray, start: range.start as u32, link: range.end as u32 }];
        let tokens = split(text, range.clone()).unwrap_or_else(stray);
        self.add(name, at, Meaning::Body(self.bodies.len()));
        self.names.push(name);
        self.bodies.push(tokens.into());
    }

    /// Forgets a macro (C11 6.10.3.5).
    pub(super) fn undefine(&mut self, name: &str, at: usize) {
        if let Some(definitions) = self.by_name.get_mut(name) {
            definitions.push(Definition { at, meaning: Meaning::Nothing });
        }
    }

    fn add(&mut self, name: &'t str, at: usize, meaning: Meaning) {
        self.by_name.entry(name).or_default().push(Definition { at, meaning });
    }
}
