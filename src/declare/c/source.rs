//! A text as the reader needs it: tokens with matched brackets, and the effects of directives at each of them.
//!
//! The text is read in one pass, and each directive takes effect at its place. Object-like macros are kept for constant
//! expressions (`macros`), and `#pragma pack` for layouts (`pragma`). A macro with an empty body leaves no token. A
//! word that names another macro is marked, because only the preprocessor knows the text that replaces it.

use super::brackets::match_bracket;
use super::directive::Directive;
use super::fault::Fault;
use super::lex::{Lexeme, Lexer, Token, TokenKind, spliced, word_len};
use super::macros::Macros;
use super::pragma::Pragmas;

/// The `link` of a word that names a macro with parameters.
const WITH_PARAMETERS: u32 = u32::MAX;

/// A text's tokens and directives.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    /// The text's tokens, then an `End`. Expanding macros appends to them for a while.
    pub(super) tokens: Vec<Token>,
    pub(super) macros: Macros<'t>,
    pub(super) pragmas: Pragmas,
    /// True if the text has line markers, and so is the preprocessor's output.
    pub(super) preprocessed: bool,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, Fault> {
        // Most tokens are longer than four bytes, including the space around them.
        let tokens = Vec::with_capacity(text.len() / 4 + 1);
        let mut source =
            Self { text, tokens, macros: Macros::default(), pragmas: Pragmas::default(), preprocessed: false };
        let mut open = Vec::new();
        let mut lexer = Lexer::new(text, 0..text.len());
        while let Some(lexeme) = lexer.next()? {
            match lexeme {
                Lexeme::Directive(line) => source.act(line.start, Directive::read(text, line)?)?,
                Lexeme::Token(token) => source.push(token, &mut open)?,
            }
        }
        if let Some(&index) = open.last() {
            let bracket = source.tokens[index];
            let mark = char::from(bracket.mark().unwrap_or(b' '));
            return Err(Fault::fatal(bracket.start as usize, format!("`{mark}` is never closed")));
        }
        let end = text.len() as u32;
        source.tokens.push(Token { kind: TokenKind::End, start: end, link: end });
        Ok(source)
    }

    fn push(&mut self, mut token: Token, open: &mut Vec<usize>) -> Result<(), Fault> {
        if token.kind == TokenKind::Word && !self.macros.is_empty() {
            match self.macros.current(&self.text[token.range()]) {
                Some(body) if self.macros.body(body).is_empty() => return Ok(()),
                Some(body) => token = Token { kind: TokenKind::Macro, link: body as u32, ..token },
                None => {}
            }
        }
        if token.is(b'(') {
            self.mark_call();
        } else if token.is(b')') && self.pragma_operator(open)? {
            return Ok(());
        }
        match_bracket(&mut self.tokens, token, open)?;
        self.tokens.push(token);
        Ok(())
    }

    /// The name of a macro with parameters is a macro only before a parenthesis (C11 6.10.3p10).
    ///
    /// The preprocessor's output does not contain macros. A macro's name in it comes from a macro that leads to itself
    /// (C11 6.10.3.4p2), as in `#define f(x) f(x)`. Before a parenthesis it is a function's name.
    fn mark_call(&mut self) {
        let Some(last) = self.tokens.last_mut() else { return };
        if self.preprocessed {
            if last.kind == TokenKind::Macro {
                let rest = &self.text[last.start as usize..];
                *last = Token { kind: TokenKind::Word, link: last.start + word_len(rest) as u32, ..*last };
            }
        } else if last.kind == TokenKind::Word && self.macros.has_parameters(&self.text[last.range()]) {
            *last = Token { kind: TokenKind::Macro, link: WITH_PARAMETERS, ..*last };
        }
    }

    /// Acts on `_Pragma("…")` (C11 6.10.9) at its closing parenthesis.
    fn pragma_operator(&mut self, open: &mut Vec<usize>) -> Result<bool, Fault> {
        let [.., word, parenthesis, text] = self.tokens.as_slice() else { return Ok(false) };
        if text.kind != TokenKind::Text || !parenthesis.is(b'(') || self.text_of(*word) != "_Pragma" {
            return Ok(false);
        }
        let text = spliced(&self.text[text.range()]).replace("\\\"", "\"").replace("\\\\", "\\");
        let quoted = text.trim_start_matches(|c: char| c != '"');
        let inside = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
        let at = word.start as usize;
        self.tokens.truncate(self.tokens.len() - 3);
        open.pop();
        self.pragma(at, inside)?;
        Ok(true)
    }

    /// Acts on the directive that begins at an offset.
    fn act(&mut self, at: usize, directive: Directive<'t>) -> Result<(), Fault> {
        match directive {
            Directive::Define(definition) => self.macros.define(self.text, at, definition),
            Directive::Undefine(name) => self.macros.undefine(name, at),
            Directive::Pragma(line) => self.pragma(at, &spliced(line))?,
            Directive::LineMarker => self.preprocessed = true,
            Directive::Ignored => {}
        }
        Ok(())
    }

    /// Acts on the text after `#pragma`, in one line.
    fn pragma(&mut self, at: usize, text: &str) -> Result<(), Fault> {
        let place = self.tokens.len();
        let read = self.pragmas.pragma(place, text, |word| self.macros.current(word).is_some());
        read.map_err(|problem| Fault::fatal(at, problem))
    }

    /// The place of a piece of the text in the text.
    pub(super) fn place_of(&self, piece: &str) -> Option<usize> {
        let at = piece.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        (at < self.text.len()).then_some(at)
    }

    /// The bytes of a token.
    pub(super) fn text_of(&self, token: Token) -> &'t str {
        match token.kind {
            TokenKind::Word
            | TokenKind::Number
            | TokenKind::Text
            | TokenKind::Character
            | TokenKind::Stray
            | TokenKind::Operator => &self.text[token.range()],
            TokenKind::Macro => {
                let rest = &self.text[token.start as usize..];
                &rest[..word_len(rest)]
            }
            TokenKind::Mark(_) => &self.text[token.start as usize..][..1],
            TokenKind::EndOfMacro | TokenKind::End => "",
        }
    }

    /// The index of the body of the macro that a token names; `None` if the macro has parameters.
    pub(super) const fn body_of(&self, token: Token) -> Option<usize> {
        match token.link {
            WITH_PARAMETERS => None,
            body => Some(body as usize),
        }
    }
}
