//! Reads a text declaration by declaration (C11 6.7, 6.9), and skips those that cannot be read.

use super::declarator::Declarator;
use super::declared::Declared;
use super::fault::Fault;
use super::keyword::Storage;
use super::lex::TokenKind;
use super::reader::Reader;
use super::specifier::{Context, Specifiers};

impl<'t> Reader<'t> {
    /// translation-unit (C11 6.9), up to the token `end`.
    pub(super) fn unit(&mut self, end: usize) -> Result<(), Fault> {
        while self.at < end {
            let start = self.at;
            match self.external_declaration(end) {
                Err(fault) if fault.is_of_declaration() => self.skip_declaration(fault, start, end),
                read => read?,
            }
        }
        Ok(())
    }

    /// external-declaration (C11 6.9), and C++'s linkage.
    fn external_declaration(&mut self, end: usize) -> Result<(), Fault> {
        if self.eat(b';') || self.static_assertion() {
            return Ok(());
        }
        if self.word() == "extern" && self.ahead(1).kind == TokenKind::Text {
            let fault = self.fault("a linkage other than \"C\"");
            let foreign = self.text(self.ahead(1)) != "\"C\"";
            self.at += 2;
            if foreign {
                return self.foreign_linkage(fault);
            }
            if !self.is(b'{') {
                return Ok(());
            }
            let close = self.closing();
            self.at += 1;
            self.deeper(|reader| reader.unit(close))?;
            self.at = close + 1;
            return Ok(());
        }
        // Assembler code between declarations.
        if matches!(self.word(), "__asm__" | "__asm" | "asm") && self.ahead(1).is(b'(') {
            self.at += 1;
            self.skip_brackets();
            return Ok(());
        }
        self.declaration(end)
    }

    /// Skips declarations of another language, because their symbols have other names.
    fn foreign_linkage(&mut self, fault: Fault) -> Result<(), Fault> {
        if !self.is(b'{') {
            return Err(fault);
        }
        let why = self.skipped(fault);
        let close = self.closing();
        for token in self.source.tokens[self.at..close].iter().filter(|token| token.kind == TokenKind::Word) {
            self.symbols.exclude(self.source.text_of(*token), || why.clone());
        }
        self.at = close + 1;
        Ok(())
    }

    /// static_assert-declaration (C11 6.7.10), which is taken to hold.
    pub(super) fn static_assertion(&mut self) -> bool {
        let ahead = usize::from(self.word() == "__extension__");
        let found =
            matches!(self.word_ahead(ahead), "_Static_assert" | "static_assert") && self.ahead(ahead + 1).is(b'(');
        if found {
            self.at += ahead + 1;
            self.skip_brackets();
        }
        found
    }

    /// declaration and function-definition (C11 6.7, 6.9.1).
    fn declaration(&mut self, end: usize) -> Result<(), Fault> {
        let specifiers = self.specifiers(Context::Declaration)?;
        if self.ends_declaration(end) {
            return Ok(());
        }
        loop {
            let mut attributes = self.attributes()?;
            let declarator = self.declarator(specifiers.ty, Context::Declaration)?;
            attributes = attributes.and(&declarator.attributes).and(&self.attributes_and_name()?);
            if declarator.old_style && !self.ends_declarator() {
                self.old_style(&declarator);
                return Ok(());
            }
            let Some((name, at)) = declarator.name else {
                return Err(self.misread(&specifiers, "this is not understood as a C declaration"));
            };
            let attributes = specifiers.attributes.and(&attributes);
            let ty = self.changed_type(declarator.ty, &attributes);
            let body = self.types.as_function(ty).is_some() && self.is(b'{');
            if !body && !self.ends_declarator() {
                return Err(self.misread(&specifiers, "this is not understood: `;` is expected here"));
            }
            let declared = Declared { name, at, ty, attributes, inside: declarator.inside };
            self.declare(&specifiers, declared)?;
            if body {
                self.skip_brackets();
                return Ok(());
            }
            if self.eat(b'=') {
                self.initializer(&specifiers, name)?;
            }
            if self.ends_declaration(end) {
                return Ok(());
            }
            if !self.eat(b',') {
                return Err(self.misread(&specifiers, "this is not understood: `;` is expected here"));
            }
        }
    }

    /// Returns true if a declarator ends here.
    fn ends_declarator(&self) -> bool {
        matches!(self.token().kind, TokenKind::End | TokenKind::Mark(b';' | b',' | b'='))
    }

    /// Returns true if the declaration ends here. The last one of a text may lack its semicolon.
    fn ends_declaration(&mut self, end: usize) -> bool {
        self.eat(b';') || self.at == end && self.is_end()
    }

    /// initializer (C11 6.7.9), whose value matters for `constexpr` alone.
    fn initializer(&mut self, specifiers: &Specifiers<'t>, name: &'t str) -> Result<(), Fault> {
        if specifiers.storage == Storage::Constexpr && !self.is(b'{') {
            let value = self.constant()?;
            let value = self.types.cast(value, specifiers.ty);
            self.names.declare_constant(name, value);
        }
        self.skip_to(b",;");
        Ok(())
    }

    /// A definition whose parameters' types follow (C11 6.9.1p6). Its body ends it.
    fn old_style(&mut self, declarator: &Declarator<'t>) {
        let fault = self.fault("a definition with its parameters' types behind the parentheses is not supported");
        let why = self.skipped(fault);
        while !self.is(b'{') && !matches!(self.token().kind, TokenKind::End | TokenKind::Mark(b'}')) {
            self.skip_balanced();
        }
        if self.is(b'{') {
            self.skip_brackets();
        }
        if let Some(name) = declarator.name {
            self.symbols.declare_unusable(&mut self.types, name, why, true);
        }
    }

    /// Goes to the end of the declaration that begins at the token `start`: after its semicolon, or after the body of a
    /// function. All names that it may declare get the reason.
    fn skip_declaration(&mut self, fault: Fault, start: usize, end: usize) {
        let failed = self.at;
        let why = self.skipped(fault);
        self.at = start;
        let mut best: Option<(usize, &'t str, bool)> = None;
        let mut called = false;
        while self.at < end {
            let token = self.token();
            if matches!(token.kind, TokenKind::Word | TokenKind::Macro) {
                let name = self.text(token);
                let call = self.ahead(1).is(b'(');
                if !self.is_type_word(name, 0) {
                    self.symbols.exclude(name, || why.clone());
                    // The function's name, or the last word. A macro's name may come first.
                    if best.is_none_or(|(at, _, is_function)| !is_function || at == start) {
                        best = Some((self.at, name, call));
                    }
                }
                self.at += 1;
                continue;
            }
            match token.mark() {
                Some(b';') => {
                    self.at += 1;
                    if self.at > failed {
                        break;
                    }
                }
                Some(b'{') if called && !self.follows_tag(start) => {
                    self.skip_brackets();
                    break;
                }
                Some(b'(') => {
                    called = true;
                    let name = if self.ahead(1).is(b'*') { self.word_ahead(2) } else { "" };
                    if !name.is_empty() {
                        self.symbols.exclude(name, || why.clone());
                    }
                    self.skip_brackets();
                }
                _ => self.skip_balanced(),
            }
        }
        if let Some((index, name, is_function)) = best {
            let at = self.source.tokens[index].start as usize;
            self.symbols.declare_unusable(&mut self.types, (name, at), why, is_function);
        }
    }

    /// Returns true if the brace that comes next begins the members of a struct, the enumerators of an enum or an
    /// initializer. Returns false if it begins the body of a function.
    fn follows_tag(&self, start: usize) -> bool {
        let before = &self.source.tokens[start..self.at];
        let last = before.iter().rev().take(2);
        last.clone().any(|&token| matches!(self.text(token), "struct" | "union" | "enum"))
            || before.last().is_some_and(|last| last.is(b'='))
    }
}
