//! Makes a header's text into what the grammar knows, byte for byte at the same place.
//!
//! tree-sitter's C grammar is written for editors: it keeps preprocessor lines in the tree, has no place for many GNU
//! attributes, and reads function bodies. So directives, attributes, qualifiers (which change no layout), bodies and
//! initialisers become spaces here, and what they mean is kept beside with their positions. Expressions inside attributes
//! and the macros that are used are appended to the text, so that the one parser reads them too.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Fault;
use super::attribute::{self, Attribute, Effect, Meaning};
use super::directive::{Macro, is_macro};
use super::lex::{Token, TokenKind, spliced, tokens};
use super::pragma::Packs;

/// A cleaned text.
pub(super) struct Clean {
    /// The text as it was, and what was appended: names are read from here.
    pub(super) text: String,
    /// The same, cleaned: this is parsed.
    pub(super) code: Vec<u8>,
    /// Where the appended part begins.
    pub(super) appended_at: usize,
    /// Where each appended expression came from.
    pub(super) origins: Vec<usize>,
    /// Sorted by position.
    pub(super) attributes: Vec<Attribute>,
    pub(super) packs: Packs,
    pub(super) macros: HashMap<Box<str>, Vec<Macro>>,
}

impl Clean {
    /// The expression that a macro stands for at a place, if the name is a macro there.
    pub(super) fn macro_at(&self, name: &str, at: usize) -> Option<usize> {
        let definitions = self.macros.get(name)?;
        let before = definitions.partition_point(|definition| definition.at < at);
        definitions[..before].last()?.expression
    }
}

pub(super) fn clean(text: &str) -> Result<Clean, Fault> {
    let tokens = tokens(text)?;
    let mut cleaner = Cleaner {
        text,
        tokens: &tokens,
        code: text.as_bytes().to_vec(),
        attributes: Vec::new(),
        arguments: Vec::new(),
        packs: Packs::default(),
        macros: HashMap::new(),
        with_parameters: HashSet::new(),
        used: Vec::new(),
        brackets: Vec::new(),
        tag: Bracket::Other,
        kept: [None, None],
    };
    cleaner.blank_between();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index = match token.kind {
            TokenKind::Directive => {
                cleaner.directive(token)?;
                index + 1
            }
            TokenKind::Word => cleaner.word(index)?,
            TokenKind::Punctuator(byte) => cleaner.punctuator(index, byte)?,
            TokenKind::Number | TokenKind::Text | TokenKind::Character => cleaner.keep(index),
        };
    }
    cleaner.finish()
}

/// What an open bracket holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// `extern "C" {`
    Linkage,
    /// Members of a struct or union.
    Members,
    /// Anything else.
    Other,
}

pub(super) struct Cleaner<'t> {
    pub(super) text: &'t str,
    tokens: &'t [Token],
    code: Vec<u8>,
    attributes: Vec<Attribute>,
    /// Expressions to append: their texts and where they come from.
    pub(super) arguments: Vec<(String, usize)>,
    pub(super) packs: Packs,
    pub(super) macros: HashMap<Box<str>, Vec<Macro>>,
    /// Macros with parameters.
    pub(super) with_parameters: HashSet<&'t str>,
    /// Macros whose bodies are to be appended.
    pub(super) used: Vec<&'t str>,
    brackets: Vec<Bracket>,
    /// What a brace opens after the last `struct`, `union` or `enum`.
    tag: Bracket,
    /// The last two tokens that stay, the very last first.
    kept: [Option<Token>; 2],
}

/// Words without an effect on layouts and calls: qualifiers, hints, and conventions that 64-bit targets ignore.
const HARMLESS: [&str; 31] = [
    "const",
    "__const",
    "__const__",
    "volatile",
    "__volatile",
    "__volatile__",
    "restrict",
    "__restrict",
    "__restrict__",
    "inline",
    "__inline",
    "__inline__",
    "__forceinline",
    "_Noreturn",
    "noreturn",
    "__extension__",
    "register",
    "_Nonnull",
    "_Nullable",
    "_Null_unspecified",
    "__nonnull",
    "__cdecl",
    "__stdcall",
    "__fastcall",
    "__thiscall",
    "__clrcall",
    "__ptr64",
    "__unaligned",
    "_unaligned",
    "__uptr",
    "__sptr",
];

/// Words that are names to C, and something else to the grammar.
const MASKED: [&str; 12] = [
    "TRUE",
    "FALSE",
    "true",
    "false",
    "NULL",
    "nullptr",
    "defined",
    "__try",
    "__leave",
    "__based",
    "__except",
    "__finally",
];

impl<'t> Cleaner<'t> {
    /// Blanks comments and line continuations: all that lies between tokens.
    fn blank_between(&mut self) {
        let mut from = 0;
        for token in self.tokens {
            self.blank(from..token.start);
            from = token.end;
        }
        self.blank(from..self.text.len());
    }

    pub(super) fn blank(&mut self, range: Range<usize>) {
        for byte in &mut self.code[range] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    fn keep(&mut self, index: usize) -> usize {
        self.keep_token(self.tokens[index].clone());
        index + 1
    }

    fn keep_token(&mut self, token: Token) {
        let [last, _] = std::mem::take(&mut self.kept);
        self.kept = [Some(token), last];
    }

    fn last_is(&self, punctuator: u8) -> bool {
        self.kept[0].as_ref().is_some_and(|token| token.is(punctuator))
    }

    fn is(&self, index: usize, punctuator: u8) -> bool {
        self.tokens.get(index).is_some_and(|token| token.is(punctuator))
    }

    /// Outside of all brackets but those of linkage.
    fn outside(&self) -> bool {
        self.brackets.last().is_none_or(|&bracket| bracket == Bracket::Linkage)
    }

    fn word(&mut self, index: usize) -> Result<usize, Fault> {
        let token = &self.tokens[index];
        let word = &self.text[token.range()];
        let call = self.is(index + 1, b'(');
        if call && self.with_parameters.contains(word) {
            return Err(Fault::new(token.start, is_macro(word)));
        }
        if matches!(word, "struct" | "union" | "enum" | "typedef" | "static" | "extern") {
            self.refuse_macro(word, token.start)?;
        }
        match word {
            "struct" | "union" => self.tag = Bracket::Members,
            "enum" => self.tag = Bracket::Other,
            "__signed__" | "__signed" => {
                self.blank(token.range());
                self.code[token.start..token.start + 6].copy_from_slice(b"signed");
            }
            "__attribute__" | "__attribute" | "__declspec" if call => return self.attributes(index, index + 1),
            "_Alignas" | "alignas" if call => return self.attribute_with_argument(index),
            "_Atomic" => return Ok(self.atomic(index)),
            "__asm__" | "__asm" | "asm" if call => return Ok(self.assembler_name(index)),
            "_Static_assert" | "static_assert" if call => return Ok(self.static_assertion(index)),
            "_Pragma" if call => return self.pragma_operator(index),
            _ if HARMLESS.contains(&word) => {
                self.blank(token.range());
                return Ok(index + 1);
            }
            _ if MASKED.contains(&word) => self.code[token.start] = b'$',
            _ => {}
        }
        if let Some(effect) = attribute::keyword(word) {
            self.push_effect(token.start, effect);
            self.blank(token.range());
            return Ok(index + 1);
        }
        if let Some(definition) = self.macros.get(word).and_then(|definitions| definitions.last()) {
            match &definition.body {
                Some(body) if body.is_empty() => {
                    self.blank(token.range());
                    return Ok(index + 1);
                }
                Some(_) => self.used.push(word),
                None => {}
            }
        }
        Ok(self.keep(index))
    }

    /// Words that decide a layout must be what the text shows.
    fn refuse_macro(&self, word: &str, at: usize) -> Result<(), Fault> {
        let definition = self.macros.get(word).and_then(|definitions| definitions.last());
        match definition.and_then(|definition| definition.body.as_ref()) {
            Some(_) => Err(Fault::new(at, is_macro(word))),
            None => Ok(()),
        }
    }

    fn blank_tokens(&mut self, from: usize, to: usize) {
        let end = self.tokens.get(to).map_or(self.text.len(), |token| token.end);
        self.blank(self.tokens[from].start..end);
    }

    /// Blanks an attribute list whose bracket is at `open`, and keeps what it means.
    fn attributes(&mut self, from: usize, open: usize) -> Result<usize, Fault> {
        let close = attribute::closing(self.tokens, open);
        let tokens = self.tokens;
        for (name, argument) in attribute::list(self.text, &tokens[open + 1..close]) {
            self.refuse_macro(name, tokens[from].start)?;
            self.push_attribute(tokens[from].start, name, argument)?;
        }
        self.blank_tokens(from, close);
        Ok(close + 1)
    }

    fn attribute_with_argument(&mut self, index: usize) -> Result<usize, Fault> {
        let close = attribute::closing(self.tokens, index + 1);
        let end = self.tokens.get(close).map_or(self.text.len(), |token| token.start);
        let name = &self.text[self.tokens[index].range()];
        self.push_attribute(self.tokens[index].start, name, Some(self.tokens[index + 1].end..end))?;
        self.blank_tokens(index, close);
        Ok(close + 1)
    }

    fn push_attribute(&mut self, at: usize, name: &str, argument: Option<Range<usize>>) -> Result<(), Fault> {
        let effect = match attribute::meaning(name, argument) {
            Meaning::Harmless => return Ok(()),
            Meaning::Effect(effect) => effect,
            // `sizeof` takes a type and an expression alike, as `_Alignas` does.
            Meaning::Align(argument) => Effect::Align(self.append_argument(argument, at)),
            Meaning::AlignObject(argument) => Effect::AlignObject(self.append_argument(argument, at)),
            Meaning::Mode(argument) => {
                let mode = self.text[argument].trim();
                self.refuse_macro(mode, at)?;
                Effect::Mode(attribute::plain(mode).into())
            }
        };
        self.push_effect(at, effect);
        Ok(())
    }

    fn append_argument(&mut self, argument: Range<usize>, at: usize) -> usize {
        let from = self.tokens.partition_point(|token| token.start < argument.start);
        let to = self.tokens.partition_point(|token| token.start < argument.end);
        let mut text = String::from("sizeof(");
        for token in &self.tokens[from..to] {
            text.push_str(&self.text[token.range()]);
            text.push(' ');
            if token.kind == TokenKind::Word && self.macros.contains_key(&self.text[token.range()]) {
                self.used.push(&self.text[token.range()]);
            }
        }
        text.push(')');
        self.arguments.push((text, at));
        self.arguments.len() - 1
    }

    fn push_effect(&mut self, at: usize, effect: Effect) {
        let anchor = self.kept[0].as_ref().map_or(0, |token| token.end);
        self.attributes.push(Attribute { at, anchor, effect });
    }

    /// `_Atomic`, or `_Atomic(type)`, of which the type stays.
    fn atomic(&mut self, index: usize) -> usize {
        let token = &self.tokens[index];
        self.push_effect(token.start, Effect::Type("atomic types"));
        self.blank(token.range());
        if !self.is(index + 1, b'(') {
            return index + 1;
        }
        if let Some(close) = self.tokens.get(attribute::closing(self.tokens, index + 1)) {
            self.blank(self.tokens[index + 1].range());
            // The closing parenthesis is met later as a token; make it harmless here and now.
            self.blank(close.range());
        }
        index + 1
    }

    fn assembler_name(&mut self, index: usize) -> usize {
        let close = attribute::closing(self.tokens, index + 1);
        let texts = self.tokens[index..close].iter().filter(|token| token.kind == TokenKind::Text);
        let name: String = texts.map(|token| self.text[token.range()].trim_matches('"')).collect();
        self.push_effect(self.tokens[index].start, Effect::Symbol(name.into()));
        self.blank_tokens(index, close);
        close + 1
    }

    fn static_assertion(&mut self, index: usize) -> usize {
        let close = attribute::closing(self.tokens, index + 1);
        let end = if self.is(close + 1, b';') { close + 1 } else { close };
        self.blank_tokens(index, end);
        end + 1
    }

    fn pragma_operator(&mut self, index: usize) -> Result<usize, Fault> {
        let close = attribute::closing(self.tokens, index + 1);
        let at = self.tokens[index].start;
        let text = self.tokens.get(index + 2).filter(|token| token.kind == TokenKind::Text && close == index + 3);
        let Some(text) = text else { return Err(Fault::new(at, "`_Pragma` takes one string")) };
        let text = spliced(&self.text[text.range()]).replace("\\\"", "\"").replace("\\\\", "\\");
        let quoted = text.trim_start_matches(|c: char| c != '"');
        self.pragma(at, quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted))?;
        self.blank_tokens(index, close);
        Ok(close + 1)
    }

    fn punctuator(&mut self, index: usize, byte: u8) -> Result<usize, Fault> {
        // Blanked before its turn: the closing parenthesis of `_Atomic(…)`.
        if self.code[self.tokens[index].start] == b' ' {
            return Ok(index + 1);
        }
        match byte {
            b'{' if self.outside() && self.last_is(b')') => return Ok(self.body(index)),
            b'{' => {
                let linkage = self.outside() && self.kept[0].as_ref().is_some_and(|last| last.kind == TokenKind::Text);
                self.brackets.push(if linkage { Bracket::Linkage } else { self.tag });
            }
            b'[' if self.is(index + 1, b'[') => return self.attributes(index, index),
            b'(' if self.outside() && self.is_name_in_parentheses(index) => {
                self.blank(self.tokens[index].range());
                self.blank(self.tokens[index + 2].range());
                self.keep(index + 1);
                return Ok(index + 3);
            }
            b'(' | b'[' => self.brackets.push(Bracket::Other),
            b')' | b']' | b'}' => {
                self.brackets.pop();
            }
            b'=' if self.outside() => return Ok(self.blank_to_separator(index)),
            b':' if self.is_bit_field_without_name() => return Ok(self.bit_field_without_name(index)),
            b';' if self.is_empty_member() => {
                self.blank(self.tokens[index].range());
                return Ok(index + 1);
            }
            _ => {}
        }
        Ok(self.keep(index))
    }

    /// Makes `;` of a function's body.
    fn body(&mut self, open: usize) -> usize {
        let close = attribute::closing(self.tokens, open);
        self.blank_tokens(open, close);
        let start = self.tokens[open].start;
        self.code[start] = b';';
        self.keep_token(Token { kind: TokenKind::Punctuator(b';'), start, end: start + 1 });
        close + 1
    }

    /// Whether `type (name)(…)` begins here, which the grammar would take for a call.
    fn is_name_in_parentheses(&self, index: usize) -> bool {
        self.kept[0].as_ref().is_some_and(|last| last.kind == TokenKind::Word || last.is(b'*'))
            && self.tokens.get(index + 1).is_some_and(|token| token.kind == TokenKind::Word)
            && self.is(index + 2, b')')
            && self.is(index + 3, b'(')
    }

    /// Blanks up to the `,` or `;` that follows outside of brackets.
    fn blank_to_separator(&mut self, from: usize) -> usize {
        let mut index = from;
        while let Some(token) = self.tokens.get(index) {
            match token.kind {
                TokenKind::Punctuator(b',' | b';' | b')' | b']' | b'}') => break,
                TokenKind::Punctuator(b'(' | b'[' | b'{') => index = attribute::closing(self.tokens, index) + 1,
                _ => index += 1,
            }
        }
        let end = self.tokens.get(index).map_or(self.text.len(), |token| token.start);
        self.blank(self.tokens[from].start..end);
        index
    }

    /// Whether a `:` here has no name before it: a comma, a keyword that is a type, or the one word of the declaration.
    fn is_bit_field_without_name(&self) -> bool {
        let [Some(last), before] = &self.kept else { return false };
        let begins = before.as_ref().is_some_and(|before| before.is(b';') || before.is(b'{'));
        let word = &self.text[last.range()];
        let keyword = ["int", "unsigned", "signed", "long", "short", "char", "_Bool", "bool"].contains(&word);
        self.brackets.last() == Some(&Bracket::Members) && (last.is(b',') || keyword || begins)
    }

    fn bit_field_without_name(&mut self, index: usize) -> usize {
        self.push_effect(self.tokens[index].start, Effect::BitField);
        let end = self.blank_to_separator(index);
        if self.is(end, b',') {
            self.blank(self.tokens[end].range());
            return end + 1;
        }
        if let Some(last) = self.kept[0].clone().filter(|last| last.is(b',')) {
            self.blank(last.range());
        }
        end
    }

    fn is_empty_member(&self) -> bool {
        self.brackets.last() == Some(&Bracket::Members) && (self.last_is(b';') || self.last_is(b'{'))
    }

    fn finish(mut self) -> Result<Clean, Fault> {
        self.append_macros();
        let mut text = String::with_capacity(self.text.len() + 16 + 32 * self.arguments.len());
        text.push_str(self.text);
        let mut code = self.code;
        let mut append = |line: &str| {
            text.push_str(line);
            code.extend_from_slice(line.as_bytes());
        };
        // A lone prototype may come without its semicolon.
        append("\n;");
        let appended_at = self.text.len() + 2;
        let mut origins = Vec::with_capacity(self.arguments.len());
        for (argument, at) in &self.arguments {
            append(&format!("\nlong _[{argument}];"));
            origins.push(*at);
        }
        Ok(Clean {
            text,
            code,
            appended_at,
            origins,
            attributes: self.attributes,
            packs: self.packs,
            macros: self.macros,
        })
    }
}
