//! C's preprocessing tokens (C11 6.4), as far as cleaning a text needs them: words, numbers, quoted text, punctuators and
//! directives, with their places. Comments and white space lie between tokens.

use std::ops::Range;

use super::Fault;

/// The deepest nesting of parentheses, brackets and braces.
///
/// What follows recurses over them, on stacks that may be small; C code nests a handful.
pub(super) const MAX_BRACKETS: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    Word,
    Number,
    /// A string literal with its quotes.
    Text,
    /// A character constant with its quotes.
    Character,
    /// One punctuation character.
    Punctuator(u8),
    /// A whole line that begins with `#`, continuations included.
    Directive,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    pub(super) fn is(&self, punctuator: u8) -> bool {
        self.kind == TokenKind::Punctuator(punctuator)
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Splits a text, and checks that its brackets match.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer { bytes: text.as_bytes(), at: 0, line_start: true, open: Vec::new() };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    match lexer.open.pop() {
        Some((start, bracket)) => Err(Fault::new(start, format!("`{}` is never closed", bracket as char))),
        None => Ok(tokens),
    }
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line_start: bool,
    open: Vec<(usize, u8)>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Result<Option<Token>, Fault> {
        self.skip_space()?;
        let start = self.at;
        let Some(first) = self.peek(0) else { return Ok(None) };
        let kind = match first {
            b'#' if self.line_start => self.directive()?,
            b'_' | b'$' | b'a'..=b'z' | b'A'..=b'Z' => self.word()?,
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            b'"' | b'\'' => self.quoted(first)?,
            b'!'..=b'~' if !matches!(first, b'@' | b'`' | b'\\' | b'#') => self.punctuator(first)?,
            0 => return Err(Fault::new(start, "a NUL byte")),
            _ => return Err(Fault::new(start, "an unexpected character")),
        };
        self.line_start = kind == TokenKind::Directive;
        Ok(Some(Token { kind, start, end: self.at }))
    }

    fn skip_space(&mut self) -> Result<(), Fault> {
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'\n', _) => {
                    self.line_start = true;
                    self.at += 1;
                }
                (b' ' | b'\t' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'\\', Some(b'\n')) => self.at += 2,
                (b'\\', Some(b'\r')) if self.peek(2) == Some(b'\n') => self.at += 3,
                (b'/', Some(b'/' | b'*')) => self.comment()?,
                _ => break,
            }
        }
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Fault> {
        let rest = &self.bytes[self.at..];
        let len = if rest[1] == b'/' {
            rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
        } else {
            let end = rest[2..].windows(2).position(|pair| pair == b"*/");
            end.ok_or_else(|| Fault::new(self.at, "a comment never ends"))? + 4
        };
        self.at += len;
        Ok(())
    }

    /// A directive ends with its line, but not inside a comment.
    fn directive(&mut self) -> Result<TokenKind, Fault> {
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'\n', _) => break,
                (b'\\', Some(_)) => self.at += 2,
                (b'/', Some(b'/' | b'*')) => self.comment()?,
                (b'"', _) => self.quoted_in_directive(),
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
        Ok(TokenKind::Directive)
    }

    /// Text may hold what looks like a comment. A lone quote is no more than itself, in `#error` for one.
    fn quoted_in_directive(&mut self) {
        let start = self.at;
        if self.quoted(b'"').is_err() {
            self.at = start + 1;
        }
    }

    /// A word; `L`, `u`, `U` and `u8` may begin quoted text.
    fn word(&mut self) -> Result<TokenKind, Fault> {
        let start = self.at;
        while self.peek(0).is_some_and(is_word) {
            self.at += 1;
        }
        match (&self.bytes[start..self.at], self.peek(0)) {
            (b"L" | b"u" | b"U" | b"u8", Some(quote @ (b'"' | b'\''))) => self.quoted(quote),
            _ => Ok(TokenKind::Word),
        }
    }

    fn number(&mut self) -> TokenKind {
        while let Some(byte) = self.peek(0) {
            let exponent = matches!(byte, b'e' | b'E' | b'p' | b'P') && matches!(self.peek(1), Some(b'+' | b'-'));
            // 0x1e+1 is a number to C's preprocessor as well, and then none to its compiler.
            match byte {
                _ if exponent => self.at += 2,
                byte if is_word(byte) || byte == b'.' => self.at += 1,
                _ => break,
            }
        }
        TokenKind::Number
    }

    fn quoted(&mut self, quote: u8) -> Result<TokenKind, Fault> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek(0) {
                Some(byte) if byte == quote => break,
                Some(b'\\') if self.peek(1).is_some() => self.at += 2,
                None | Some(b'\n') => return Err(Fault::new(start, "quoted text never ends")),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(if quote == b'"' { TokenKind::Text } else { TokenKind::Character })
    }

    fn punctuator(&mut self, byte: u8) -> Result<TokenKind, Fault> {
        match byte {
            b'(' | b'[' | b'{' => {
                if self.open.len() == MAX_BRACKETS {
                    return Err(Fault::new(self.at, format!("brackets nest deeper than {MAX_BRACKETS}")));
                }
                self.open.push((self.at, byte));
            }
            b')' | b']' | b'}' => {
                let opened = self.open.pop().map(|(_, opened)| opened);
                if !matches!((opened, byte), (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}')) {
                    return Err(Fault::new(self.at, format!("`{}` closes nothing", byte as char)));
                }
            }
            _ => {}
        }
        self.at += 1;
        Ok(TokenKind::Punctuator(byte))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).unwrap_or_default().into_iter().map(|token| &text[token.range()]).collect()
    }

    #[test]
    fn splits_into_preprocessing_tokens() {
        assert_eq!(texts("int a[0x1F+2];"), ["int", "a", "[", "0x1F", "+", "2", "]", ";"]);
        assert_eq!(texts("L'\\'' \"a\\\"b\" /* x */ y // z"), ["L'\\''", "\"a\\\"b\"", "y"]);
        assert_eq!(texts("#define A \"/*\"\nint\n#error \"/\n"), ["#define A \"/*\"", "int", "#error \"/"]);
        assert_eq!(texts("#define A \\\n 1 /* \n */ 2\nint"), ["#define A \\\n 1 /* \n */ 2", "int"]);
    }

    #[test]
    fn refuses_what_is_no_token() {
        for text in ["int\0a", "@", "/* x", "\"x", "'x\n'", "(]", "}", "{", "é", "#if\n\\"] {
            assert!(tokens(text).is_err() || text.starts_with('#') && tokens(text).is_err(), "{text}");
        }
    }
}
