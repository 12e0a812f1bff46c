//! C's preprocessing tokens (C11 6.4): words, numbers, quoted text, punctuators and directives, each with its place.
//! Comments and white space separate tokens.

use std::borrow::Cow;
use std::ops::Range;

use super::fault::Fault;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    /// An identifier or a keyword (C11 6.4.1, 6.4.2).
    Word,
    /// A word that names a macro at this place.
    Macro,
    /// A number (C11 6.4.8).
    Number,
    /// A string literal with its quotes (C11 6.4.5).
    Text,
    /// A character constant with its quotes (C11 6.4.4.4).
    Character,
    /// A punctuator of one character (C11 6.4.6).
    Mark(u8),
    /// A punctuator of two or three characters.
    Operator,
    /// A character that does not begin a token of C.
    Stray,
    /// The end of a macro's body, in the tokens that expansion makes.
    EndOfMacro,
    /// The end of the text.
    End,
}

/// A token. It is small, because a text of one-character tokens has a token for each byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// The offset of its first byte in the text. For an `EndOfMacro`, the definition's index.
    pub(super) start: u32,
    /// The offset after its last byte. For an opening bracket, the index of the token that closes it. For an
    /// `EndOfMacro`, the index of the token to continue at.
    pub(super) link: u32,
}

impl Token {
    /// The mark, if the token is one.
    pub(super) const fn mark(self) -> Option<u8> {
        if let TokenKind::Mark(mark) = self.kind { Some(mark) } else { None }
    }

    pub(super) fn is(self, mark: u8) -> bool {
        self.kind == TokenKind::Mark(mark)
    }

    pub(super) const fn range(self) -> Range<usize> {
        self.start as usize..self.link as usize
    }
}

/// The next part of a text.
pub(super) enum Lexeme {
    Token(Token),
    /// A whole line that begins with `#`, continuations included.
    Directive(Range<usize>),
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line_start: bool,
}

impl<'t> Lexer<'t> {
    /// A lexer of a part of `text`. If the part is not the beginning of the text, a directive can only begin after the
    /// first line's end.
    pub(super) fn new(text: &'t str, part: Range<usize>) -> Self {
        // A byte-order mark is not a part of the text.
        let at = if part.start == 0 && text.starts_with('\u{feff}') { 3.min(part.end) } else { part.start };
        Self { text, bytes: &text.as_bytes()[..part.end], at, line_start: part.start == 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// The next token or directive; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Lexeme>, Fault> {
        self.skip_space()?;
        let start = self.at;
        let Some(first) = self.peek(0) else { return Ok(None) };
        let hash = first == b'#' || first == b'%' && self.peek(1) == Some(b':');
        if hash && self.line_start {
            self.directive()?;
            return Ok(Some(Lexeme::Directive(start..self.at)));
        }
        self.line_start = false;
        let kind = match first {
            b'_' | b'$' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => self.word()?,
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            b'"' | b'\'' => self.quoted(first)?,
            b'!'..=b'~' if !matches!(first, b'@' | b'`' | b'\\' | b'#') => self.punctuator(first),
            0 => return Err(Fault::fatal(start, "a NUL byte")),
            _ => {
                self.at += 1;
                TokenKind::Stray
            }
        };
        Ok(Some(Lexeme::Token(Token { kind, start: start as u32, link: self.at as u32 })))
    }

    fn skip_space(&mut self) -> Result<(), Fault> {
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'\n', _) => {
                    self.line_start = true;
                    self.at += 1;
                }
                (b' ' | b'\t' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'\\', _) if splice(self.bytes, self.at).is_some() => self.skip_splices(),
                (b'/', Some(b'/' | b'*')) => self.comment()?,
                _ => break,
            }
        }
        Ok(())
    }

    fn skip_splices(&mut self) {
        while let Some(len) = splice(self.bytes, self.at) {
            self.at += len;
        }
    }

    fn comment(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let line = self.peek(1) == Some(b'/');
        self.at += 2;
        loop {
            match self.peek(0) {
                Some(b'\n') | None if line => return Ok(()),
                None => return Err(Fault::fatal(start, "a comment never ends")),
                Some(b'\\') if splice(self.bytes, self.at).is_some() => self.skip_splices(),
                Some(b'*') if !line => {
                    self.at += 1;
                    self.skip_splices();
                    if self.peek(0) == Some(b'/') {
                        self.at += 1;
                        return Ok(());
                    }
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// A directive ends with its line, but not inside a comment.
    fn directive(&mut self) -> Result<(), Fault> {
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'\n', _) => break,
                (b'\\', _) if splice(self.bytes, self.at).is_some() => self.skip_splices(),
                (b'/', Some(b'/' | b'*')) => self.comment()?,
                // After a lone quote, these sequences do not begin text again.
                (b'\\', Some(b'"' | b'\'')) => self.at += 2,
                (b'"' | b'\'', _) => self.quoted_in_directive(byte),
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    /// Quoted text may look like a comment. A quote without a partner, for example in `#error`, is an ordinary
    /// character.
    fn quoted_in_directive(&mut self, quote: u8) {
        let start = self.at;
        if self.quoted(quote).is_err() {
            self.at = start + 1;
        }
    }

    /// A word; `L`, `u`, `U` and `u8` may begin quoted text.
    fn word(&mut self) -> Result<TokenKind, Fault> {
        let start = self.at;
        self.at += word_len(&self.text[start..self.bytes.len()]);
        match (&self.bytes[start..self.at], self.peek(0)) {
            // A character outside of ASCII that is neither a letter nor a digit.
            (b"", _) => {
                self.at += self.text[start..].chars().next().map_or(1, char::len_utf8);
                Ok(TokenKind::Stray)
            }
            (b"L" | b"u" | b"U" | b"u8", Some(quote @ (b'"' | b'\''))) => self.quoted(quote),
            _ => Ok(TokenKind::Word),
        }
    }

    /// A number, with C23's separators (`1'000`).
    fn number(&mut self) -> TokenKind {
        while let Some(byte) = self.peek(0) {
            let next = self.peek(1);
            match byte {
                // `0x1e+1` is one number to the preprocessor, and an error to the compiler.
                b'e' | b'E' | b'p' | b'P' if matches!(next, Some(b'+' | b'-')) => self.at += 2,
                b'\'' if next.is_some_and(|next| next.is_ascii_alphanumeric()) => self.at += 2,
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
                Some(b'\\') if splice(self.bytes, self.at).is_some() => self.skip_splices(),
                Some(b'\\') if self.peek(1).is_some() => self.at += 2,
                None | Some(b'\n') => return Err(Fault::fatal(start, "quoted text never ends")),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(if quote == b'"' { TokenKind::Text } else { TokenKind::Character })
    }

    /// The longest punctuator. A digraph becomes the mark that it replaces (C11 6.4.6p3).
    fn punctuator(&mut self, first: u8) -> TokenKind {
        let second = self.peek(1).unwrap_or_default();
        let (kind, len) = match (first, second) {
            (b'.', b'.') if self.peek(2) == Some(b'.') => (TokenKind::Operator, 3),
            (b'<', b':') => (TokenKind::Mark(b'['), 2),
            (b':', b'>') => (TokenKind::Mark(b']'), 2),
            (b'<', b'%') => (TokenKind::Mark(b'{'), 2),
            (b'%', b'>') => (TokenKind::Mark(b'}'), 2),
            (b'<', b'<' | b'=') | (b'>', b'>' | b'=') | (b'=' | b'!', b'=') => (TokenKind::Operator, 2),
            (b'&', b'&') | (b'|', b'|') | (b'-', b'>') | (b':', b':') => (TokenKind::Operator, 2),
            _ => (TokenKind::Mark(first), 1),
        };
        self.at += len;
        kind
    }
}

/// The length of the word that a text begins with.
pub(super) fn word_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ascii = bytes.iter().position(|&byte| !is_word(byte)).unwrap_or(bytes.len());
    if bytes.get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    let other = text[ascii..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
    ascii + other.unwrap_or(text.len() - ascii)
}

/// The length of a continuation at a place: a backslash at a line's end. Like compilers, it allows white space between
/// them.
fn splice(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?.strip_prefix(b"\\")?;
    let space = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c))?;
    (rest[space] == b'\n').then_some(space + 2)
}

/// A directive's text in one line: without its continuations.
pub(super) fn spliced(text: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices('\\') {
        if let Some(len) = splice(text.as_bytes(), at) {
            whole.push_str(&text[from..at]);
            from = at + len;
        }
    }
    if from == 0 {
        return text.into();
    }
    whole.push_str(&text[from..]);
    whole.into()
}

/// The rest of a directive after white space and comments.
pub(super) fn after_space(text: &str) -> &str {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, line_start: false };
    // The text's own lexer has already reported a comment without an end.
    if lexer.skip_space().is_err() { "" } else { &text[lexer.at..] }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Option<Vec<&str>> {
        let mut lexer = Lexer::new(text, 0..text.len());
        let mut texts = Vec::new();
        while let Some(lexeme) = lexer.next().ok()? {
            texts.push(match lexeme {
                Lexeme::Token(Token { kind: TokenKind::Stray, .. }) => return None,
                Lexeme::Token(token) => &text[token.range()],
                Lexeme::Directive(range) => &text[range],
            });
        }
        Some(texts)
    }

    #[track_caller]
    fn check<const N: usize>(text: &str, expected: [&str; N]) {
        assert_eq!(texts(text).as_deref(), Some(&expected[..]), "{text}");
    }

    #[test]
    fn splits_into_preprocessing_tokens() {
        check("int a[0x1F+2];", ["int", "a", "[", "0x1F", "+", "2", "]", ";"]);
        check("L'\\'' \"a\\\"b\" /* x */ y // z", ["L'\\''", "\"a\\\"b\"", "y"]);
        check("#define A \"/*\"\nint\n#error \"/\n", ["#define A \"/*\"", "int", "#error \"/"]);
        check("#define A \\\n 1 /* \n */ 2\nint", ["#define A \\\n 1 /* \n */ 2", "int"]);
        check("a<<b->c...d::e<=f", ["a", "<<", "b", "->", "c", "...", "d", "::", "e", "<=", "f"]);
        check("a<:1'000:> é1 \u{e9}t\u{e9}_", ["a", "<:", "1'000", ":>", "é1", "été_"]);
        check("\u{feff}#pragma x\n1", ["#pragma x", "1"]);
    }

    #[test]
    fn continued_lines_are_one() {
        check("a // b \\\n c \\ \r\n d\ne", ["a", "e"]);
        check("a /* b *\\\n/ c */ d", ["a", "c", "*", "/", "d"]);
        check("a \\\r\n b \\ \t\n \"c\\\r\nd\"", ["a", "b", "\"c\\\r\nd\""]);
        check("#define A \\\r\n 1\nb", ["#define A \\\r\n 1", "b"]);
        check("#define A \\ \n 1\nb", ["#define A \\ \n 1", "b"]);
        assert_eq!(spliced("pa\\\nck \\ \r\n(1)"), "pack (1)");
        assert_eq!(after_space(" /* x */ \\\n pack"), "pack");
    }

    #[test]
    fn refuses_what_is_no_token() {
        for text in ["int\0a", "@", "/* x", "#define A /* x", "\"x", "'x\n'", "\u{a0}", "a \\ b"] {
            assert_eq!(texts(text), None, "{text}");
        }
    }
}
