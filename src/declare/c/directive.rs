//! Preprocessor lines: object-like macros are kept for constant expressions, `#pragma pack` for layouts; conditions need
//! the preprocessor itself.

use std::collections::HashSet;
use std::ops::Range;

use super::Fault;
use super::clean::Cleaner;
use super::lex::{Token, TokenKind, tokens};

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
        let line = self.text[token.start + 1..token.end].trim_start();
        let name_len = line.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(line.len());
        let (name, rest) = line.split_at(name_len);
        let plain = rest.split("//").next().and_then(|rest| rest.split("/*").next()).unwrap_or(rest);
        match name {
            "define" => self.define(token, rest),
            "undef" => {
                let undefined = Macro { at: token.start, expression: None, body: None };
                if let Some(definitions) = self.macros.get_mut(plain.trim()) {
                    definitions.push(undefined);
                }
            }
            "pragma" => self.packs.pragma(token.start, plain)?,
            "if" | "ifdef" | "ifndef" | "elif" | "else" | "endif" | "error" | "elifdef" | "elifndef" => {
                let problem = format!("`#{name}` needs a preprocessor; give its output instead (cc -E -P)");
                return Err(Fault::new(token.start, problem));
            }
            _ => {}
        }
        Ok(())
    }

    /// Remembers an object-like macro; one with parameters may not be used, which the parser will find.
    fn define(&mut self, token: &Token, rest: &'t str) {
        let rest = rest.trim_start();
        let name_len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
        let (name, body) = rest.split_at(name_len);
        if body.starts_with('(') {
            return;
        }
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
