//! The reader's place in the tokens, the scopes of names, and the limits on depth and work.

use std::cell::OnceCell;

use super::fault::is_macro;
use super::fault::{Fault, line_starts};
use super::lex::{Token, TokenKind};
use super::names::Names;
use super::node::{Reason, reason};
use super::source::Source;
use super::symbols::SymbolTable;
use super::types::TypeTable;
use crate::declare::error::DeclarationError;

/// The deepest nesting of declarations, declarators and expressions. C promises 63 (C11 5.2.4.1).
const MAX_DEPTH: u32 = 100;

/// The largest number of tokens that the macros of one expression expand to. Without a limit, macros that use macros
/// grow exponentially.
const MAX_EXPANDED: usize = 1 << 20;

/// The largest number of tokens that macros expand to in a whole text, for each byte of a long text.
const EXPANDED_PER_BYTE: usize = 2;

/// The problem with macros that exceed the limit.
pub(super) const TOO_MUCH: &str = "the macros stand for too much";

/// The largest number of pairs of types that are compared for each token of a text.
const COMPARISONS: u32 = 16;

/// The largest number of problems that are listed. In a text that is not C, problems take more memory than tokens.
const MAX_SKIPPED: usize = 1 << 16;

/// A reader of one text.
pub(super) struct Reader<'t> {
    pub(super) source: Source<'t>,
    /// The index of the next token.
    pub(super) at: usize,
    pub(super) types: TypeTable<'t>,
    pub(super) names: Names<'t>,
    pub(super) symbols: SymbolTable<'t>,
    /// The declarations that were skipped.
    pub(super) skipped: Vec<DeclarationError>,
    depth: u32,
    /// The index of the `End`.
    pub(super) text_end: usize,
    /// The tokens that macros may still expand to.
    pub(super) expansions: usize,
    /// The place in the text of the macro being expanded. It decides which macros hold in the body.
    pub(super) used_at: usize,
    /// The index of the token after that macro.
    resume_at: usize,
    /// The macros being expanded, by their body.
    active: Vec<bool>,
    line_starts: OnceCell<Vec<usize>>,
    /// The number of tokens that were looked at.
    #[cfg(test)]
    looked_at: std::cell::Cell<usize>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(source: Source<'t>) -> Self {
        let tokens = source.tokens.len() as u32;
        let text_end = source.tokens.len() - 1;
        let active = vec![false; source.macros.len()];
        let expansions = (EXPANDED_PER_BYTE * source.text.len()).max(MAX_EXPANDED);
        Self {
            source,
            at: 0,
            types: TypeTable::new(tokens.saturating_mul(COMPARISONS)),
            names: Names::default(),
            symbols: SymbolTable::default(),
            skipped: Vec::new(),
            depth: 0,
            text_end,
            expansions,
            used_at: 0,
            resume_at: 0,
            active,
            line_starts: OnceCell::new(),
            #[cfg(test)]
            looked_at: std::cell::Cell::default(),
        }
    }

    pub(super) fn token(&self) -> Token {
        #[cfg(test)]
        self.looked_at.set(self.looked_at.get() + 1);
        self.source.tokens[self.at]
    }

    /// The token that follows after `count` others, or the end.
    pub(super) fn ahead(&self, count: usize) -> Token {
        let last = if self.is_in_text() { self.text_end } else { self.source.tokens.len() - 1 };
        self.source.tokens[(self.at + count).min(last)]
    }

    pub(super) fn text(&self, token: Token) -> &'t str {
        self.source.text_of(token)
    }

    /// The next token's text if it is a word, and `""` otherwise.
    pub(super) fn word(&self) -> &'t str {
        self.word_ahead(0)
    }

    pub(super) fn word_ahead(&self, count: usize) -> &'t str {
        let token = self.ahead(count);
        if token.kind == TokenKind::Word { self.text(token) } else { "" }
    }

    pub(super) fn is(&self, mark: u8) -> bool {
        self.token().is(mark)
    }

    pub(super) fn is_end(&self) -> bool {
        self.token().kind == TokenKind::End
    }

    pub(super) fn eat(&mut self, mark: u8) -> bool {
        let found = self.is(mark);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, mark: u8) -> Result<(), Fault> {
        if self.eat(mark) { Ok(()) } else { Err(self.fault(&format!("`{}` is expected here", mark as char))) }
    }

    /// The index of the token that closes the bracket that comes next.
    pub(super) fn closing(&self) -> usize {
        self.token().link as usize
    }

    /// Goes past the bracket that comes next and its contents.
    pub(super) fn skip_brackets(&mut self) {
        self.at = self.closing() + 1;
    }

    /// Goes past the next token, and past its contents if it is a bracket.
    pub(super) fn skip_balanced(&mut self) {
        if let TokenKind::Mark(b'(' | b'[' | b'{') = self.token().kind {
            self.skip_brackets();
        } else if !self.is_end() {
            self.at += 1;
        }
    }

    /// Goes to the next of these marks outside of brackets, or to the bracket that encloses them.
    pub(super) fn skip_to(&mut self, marks: &[u8]) {
        while let kind = self.token().kind
            && !matches!(kind, TokenKind::End | TokenKind::Mark(b')' | b']' | b'}'))
            && !matches!(kind, TokenKind::Mark(mark) if marks.contains(&mark))
        {
            self.skip_balanced();
        }
    }

    /// A problem at the next token. It has more details if the token gives the reason.
    pub(super) fn fault(&self, problem: &str) -> Fault {
        let token = self.token();
        let at = token.start as usize;
        if token.kind == TokenKind::Word && self.text(token) == "_Pragma" {
            return Fault::fatal(at, "`_Pragma` takes one string");
        }
        if token.kind == TokenKind::Macro {
            return Fault::new(at, is_macro(self.text(token)));
        }
        Fault::new(at, if token.kind == TokenKind::Stray { "an unexpected character" } else { problem })
    }

    /// The reason why something cannot be used, from a fault. Faults of the whole text remain faults.
    pub(super) fn reason_of(&self, fault: Fault) -> Reason {
        reason(self.error_of(fault))
    }

    pub(super) fn error_of(&self, fault: Fault) -> DeclarationError {
        fault.error(self.source.text, self.line_starts())
    }

    pub(super) fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| line_starts(self.source.text))
    }

    /// Runs `read` one level deeper, if that is not too deep.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == MAX_DEPTH {
            return Err(self.fault(&format!("this nests deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// Returns true if a word names a type here (C11 6.2.1, 6.7.8). A constant or symbol of the text may have the name
    /// of a type that is known without a declaration.
    pub(super) fn is_type_name(&self, word: &str) -> bool {
        let declared = self.types.is_typedef(word)
            || self.types.target.known(word).is_some()
                && self.names.constant(word).is_none()
                && self.symbols.get(word).is_none();
        declared && !self.names.is_hidden(word)
    }

    /// Records a problem of a part of the text that is skipped, and returns it as a reason.
    pub(super) fn skipped(&mut self, fault: Fault) -> Reason {
        let error = self.error_of(fault);
        let why = reason(&error);
        if self.skipped.len() < MAX_SKIPPED {
            self.skipped.push(error);
        }
        why
    }

    /// Returns the part that was read from the token `start` on. A part that could not be read is skipped up to a mark.
    pub(super) fn or_skipped<T>(&mut self, read: Result<T, Fault>, start: usize, mark: u8) -> Result<T, Reason> {
        read.map_err(|fault| {
            self.at = start;
            self.skip_to(&[mark]);
            self.skipped(fault)
        })
    }

    /// Expands the macros that come next (C11 6.10.3.4). Their bodies' tokens are appended to the text's, and the
    /// reader continues there until their end.
    pub(super) fn expand(&mut self) -> Result<(), Fault> {
        loop {
            let token = self.token();
            if token.kind == TokenKind::EndOfMacro {
                self.active[token.start as usize] = false;
                self.at = token.link as usize;
                continue;
            }
            if token.kind != TokenKind::Macro {
                return Ok(());
            }
            let Some(body) = self.source.body_of(token) else { return Err(self.fault("")) };
            if self.at <= self.text_end {
                (self.used_at, self.resume_at) = (token.start as usize, self.at + 1);
            }
            self.enter(body)?;
        }
    }

    /// Continues in a macro's body, in which the macros being expanded are not expanded again.
    pub(super) fn enter(&mut self, body: usize) -> Result<(), Fault> {
        let len = self.source.macros.body(body).len();
        self.expansions = self.expansions.saturating_sub(len + 1);
        if self.expansions == 0 || self.source.tokens.len() - self.text_end > MAX_EXPANDED {
            return Err(Fault::new(self.used_at, TOO_MUCH));
        }
        self.active[body] = true;
        let first = self.source.tokens.len();
        for index in 0..len {
            let mut token = self.source.macros.body(body)[index];
            if token.kind == TokenKind::Word
                && let Some(inner) = self.source.macros.at(self.text(token), self.used_at)
                && !self.active[inner]
            {
                token = Token { kind: TokenKind::Macro, link: inner as u32, ..token };
            }
            if let TokenKind::Mark(b'(' | b'[' | b'{') = token.kind {
                token.link += first as u32;
            }
            self.source.tokens.push(token);
        }
        self.source.tokens.push(Token { kind: TokenKind::EndOfMacro, start: body as u32, link: self.at as u32 + 1 });
        self.at = first;
        Ok(())
    }

    /// Returns true if the next token belongs to the text, and not to a macro's body.
    pub(super) const fn is_in_text(&self) -> bool {
        self.at <= self.text_end
    }

    /// Drops the bodies of macros. If the reader has stopped inside one, it continues after that macro, and `false` is
    /// returned.
    pub(super) fn leave_macros(&mut self) -> bool {
        let ended = self.is_in_text();
        if !ended {
            self.at = self.resume_at;
        }
        for token in self.source.tokens.drain(self.text_end + 1..).filter(|token| token.kind == TokenKind::EndOfMacro) {
            self.active[token.start as usize] = false;
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text that repeats a construct.
    type Text = Box<dyn Fn(usize) -> String>;

    /// The number of tokens that are looked at, and the bytes that types and symbols take, for each token of a text.
    fn effort(text: &str) -> (f64, f64) {
        let mut reader = Reader::new(Source::new(text).unwrap());
        let tokens = reader.source.tokens.len();
        reader.unit(tokens - 1).unwrap();
        let kept = reader.types.len() + reader.symbols.all.len() + reader.symbols.others.len() + reader.skipped.len();
        (reader.looked_at.get() as f64 / tokens as f64, kept as f64 / tokens as f64)
    }

    /// Checks that a construct four times as long takes about four times the work and the memory.
    #[test]
    fn effort_grows_with_the_text() {
        let repeated = |text: &'static str| move |n: usize| text.repeat(n);
        let numbered = |make: fn(usize) -> String| move |n: usize| (0..n).map(make).collect::<String>();
        let nested = |open: &'static str, close: &'static str| move |n: usize| open.repeat(n) + &close.repeat(n);
        let around = |before: &'static str, inside: &'static str, after: &'static str| {
            move |n: usize| format!("{before}{}{after}", inside.repeat(n))
        };
        let texts: [(&str, Text); 33] = [
            ("prototypes", Box::new(numbered(|i| format!("int f{i}(int a, char *b);")))),
            (
                "tags of prototypes",
                Box::new(numbered(|i| format!("int f{i}(struct s {{int a;}} *p, struct t{i} *q);"))),
            ),
            ("enumerators of prototypes", Box::new(numbered(|i| format!("int f{i}(enum {{A, B = A}} p);")))),
            ("parameters", Box::new(around("int f(", "int a,", "int b);"))),
            ("unreadable parameters", Box::new(around("int f(", "int a b (c),", "int b);"))),
            ("nested parameters", Box::new(nested("int f(int (*)", ");"))),
            ("nested unreadable parameters", Box::new(nested("int x y (", ")"))),
            ("names in parentheses", Box::new(|n| format!("int f(int {}x{});", "(".repeat(n), ")".repeat(n)))),
            ("parentheses", Box::new(|n| format!("int x[{}1{}];", "(".repeat(n), ")".repeat(n)))),
            ("attributes in front of a name", Box::new(around("int f(int (", "__attribute__((unused)) ", "x));"))),
            ("attributes", Box::new(around("int f(int) ", "__attribute__((aligned(8)))", ";"))),
            ("pointers", Box::new(around("int ", "*", "f;"))),
            ("arrays", Box::new(around("int x", "[1]", ";"))),
            ("functions", Box::new(around("int f", "(int)", ";"))),
            (
                "members",
                Box::new(|n| format!("struct s {{ {} }};", (0..n).map(|i| format!("int m{i};")).collect::<String>())),
            ),
            ("unreadable members", Box::new(around("struct s {", "int a b;", "};"))),
            ("nested structs", Box::new(nested("struct {", "} a;"))),
            ("nested unreadable structs", Box::new(nested("struct s { @ ", "};"))),
            (
                "members looked up",
                Box::new(|n| {
                    let members: String = (0..n).map(|i| format!("int m{i};")).collect();
                    let offsets: String =
                        (0..n).map(|i| format!("int x{i}[__builtin_offsetof(struct s, m{i})];")).collect();
                    format!("struct s {{ {members} }}; {offsets}")
                }),
            ),
            (
                "enumerators",
                Box::new(|n| format!("enum {{ {} }};", (0..n).map(|i| format!("E{i} = {i},")).collect::<String>())),
            ),
            ("chained typedefs", Box::new(numbered(|i| format!("typedef t{i} *t{};", i + 1)))),
            ("typedefs again", Box::new(repeated("typedef struct s *t;"))),
            ("functions again", Box::new(repeated("int f(int (*)(int, char *), char *);"))),
            ("words", Box::new(repeated("a b c d "))),
            ("garbage", Box::new(repeated("a b (c d) e { f } g [h];"))),
            ("linkage", Box::new(nested("extern \"C\" {", "}"))),
            ("bodies", Box::new(repeated("static int f(int a) { if (a) { return 1; } }"))),
            ("old definitions", Box::new(repeated("int f(a, b) int a; char b; { return a; }"))),
            ("sums", Box::new(around("int x[", "1 + ", "1];"))),
            ("conditions", Box::new(around("int x[", "1 ? 1 : ", "1];"))),
            (
                "macros",
                Box::new(|n| (0..n).map(|i| format!("#define A{} A{i}\n", i + 1)).collect::<String>() + "int x[A9];"),
            ),
            ("one macro", Box::new(around("#define A 1 + 2\n", "typedef int t[A];", ""))),
            ("hidden typedefs", Box::new(around("typedef int T;", "int f(int T, char (T));", ""))),
        ];
        for (name, text) in texts {
            let (small, large) = (effort(&text(500)), effort(&text(2000)));
            assert!(large.0 < small.0 * 1.2 + 1.0 && large.0 < 40.0, "{name}: {small:?}, {large:?}");
            assert!(large.1 < small.1 * 1.2 + 0.1 && large.1 < 4.0, "{name}: {small:?}, {large:?}");
        }
    }
}
