//! Declarators and type names (C11 6.7.6, 6.7.7): from the type at a declaration's start to the name, through pointers,
//! arrays and functions.

use hotcall_jit::MAX_PARAMETERS;

use super::attributes::Attributes;
use super::fault::Fault;
use super::layout::InnerAttributes;
use super::lex::TokenKind;
use super::node::{CFunction, Parameter, QualType, Reason, TypeNode, reason};
use super::reader::Reader;
use super::specifier::Context;

/// The meaning of a declarator.
pub(super) struct Declarator<'t> {
    /// The name and its place in the text; an abstract declarator does not have one.
    pub(super) name: Option<(&'t str, usize)>,
    pub(super) ty: QualType,
    /// The attributes among its pointers that belong to the whole.
    pub(super) attributes: Attributes<'t>,
    pub(super) inside: InnerAttributes,
    /// True if its parameters are only names, as in definitions before C89.
    pub(super) old_style: bool,
}

/// An array's or function's part of a declarator, after the name.
enum Suffix<'t> {
    Array(Option<Result<u64, Reason>>, u8),
    /// A function. Its result is not known yet.
    Function(CFunction<'t>),
}

impl<'t> Reader<'t> {
    /// declarator and abstract-declarator (C11 6.7.6, 6.7.7).
    ///
    /// It is read in a loop, from the outside in: first the arrays and functions after parentheses, then the declarator
    /// in them.
    pub(super) fn declarator(&mut self, base: QualType, context: Context) -> Result<Declarator<'t>, Fault> {
        let attributes = Attributes::default();
        let inside = InnerAttributes { plain: base.align, ..InnerAttributes::default() };
        let mut declarator = Declarator { name: None, ty: base, attributes, inside, old_style: false };
        let mut outermost_end = None;
        let mut inner_end = None;
        loop {
            self.pointers(&mut declarator, inner_end.is_some())?;
            if self.is(b'(') && self.begins_inner(context) {
                let (inner, end) = (self.at + 1, self.closing());
                self.at = end + 1;
                self.suffixes(&mut declarator)?;
                self.ends_at(inner_end)?;
                outermost_end.get_or_insert(self.at);
                (self.at, inner_end) = (inner, Some(end));
                continue;
            }
            let token = self.token();
            if token.kind == TokenKind::Word && !Self::is_keyword(self.text(token)) {
                declarator.name = Some((self.text(token), token.start as usize));
                self.at += 1;
            } else if token.kind == TokenKind::Macro {
                return Err(self.fault(""));
            }
            let own = self.attributes()?;
            declarator.attributes = declarator.attributes.and(&own);
            self.suffixes(&mut declarator)?;
            self.ends_at(inner_end)?;
            self.at = outermost_end.unwrap_or(self.at);
            return Ok(declarator);
        }
    }

    /// Checks that a declarator in parentheses ends with them.
    fn ends_at(&self, end: Option<usize>) -> Result<(), Fault> {
        match end {
            Some(end) if self.at != end => Err(self.fault("this is not understood as a declarator")),
            _ => Ok(()),
        }
    }

    /// Returns true if the parenthesis that comes next holds a declarator. Returns false if it holds the parameters of
    /// a function without a name. A typedef's name in it is a parameter's type (C11 6.7.6.3p11).
    fn begins_inner(&self, context: Context) -> bool {
        if context == Context::Declaration {
            return true;
        }
        let mut ahead = 1;
        // Attributes and calling conventions may precede either.
        loop {
            match self.word_ahead(ahead) {
                "__attribute__" | "__attribute" | "__declspec" => {
                    let list = self.ahead(ahead + 1);
                    ahead = if list.is(b'(') { list.link as usize + 1 - self.at } else { ahead + 1 };
                }
                "__cdecl" | "__stdcall" | "__fastcall" | "__thiscall" | "__clrcall" | "__vectorcall" | "__regcall" => {
                    ahead += 1;
                }
                _ => break,
            }
        }
        let next = self.ahead(ahead);
        if next.kind == TokenKind::Word {
            return !self.begins_type(ahead);
        }
        next.is(b'[') && !self.is_bracketed_attribute(ahead)
            || matches!(next.kind, TokenKind::Macro | TokenKind::Mark(b'*' | b'(' | b'^'))
    }

    /// pointer (C11 6.7.6.1).
    fn pointers(&mut self, declarator: &mut Declarator<'t>, is_inner: bool) -> Result<(), Fault> {
        // Words before the first star belong to the whole: `(__attribute__((ms_abi)) *f)`. Alignments of a declarator
        // in parentheses do not.
        let mut attributes = Attributes::default();
        self.pointer_words(&mut attributes)?;
        if is_inner && !attributes.is_empty() {
            self.align_inside(declarator, &mut attributes);
        }
        declarator.attributes = declarator.attributes.and(&attributes);
        // The notes after the last star belong to the declarator.
        let mut star = None;
        loop {
            if self.is(b'^') {
                return Err(self.fault("blocks are not supported"));
            }
            if !self.eat(b'*') {
                if let Some(star) = star {
                    declarator.attributes.notes.add(&star);
                }
                return Ok(());
            }
            let mut attributes = Attributes::default();
            let qualifiers = self.pointer_words(&mut attributes)?;
            declarator.ty = self.types.pointer(declarator.ty).qualified(qualifiers);
            declarator.inside.plain = None;
            star = None;
            if attributes.is_empty() {
                continue;
            }
            self.align_inside(declarator, &mut attributes);
            let foreign_call = std::mem::take(&mut attributes.foreign_call);
            star = Some(std::mem::take(&mut attributes.notes));
            declarator.ty = self.changed_type(declarator.ty, &attributes);
            if foreign_call {
                declarator.attributes.foreign_call = true;
            }
        }
    }

    /// Gives the alignment to the type declared so far. Removes it and `packed` from the attributes.
    fn align_inside(&mut self, declarator: &mut Declarator<'t>, attributes: &mut Attributes<'t>) {
        declarator.inside.packed |= std::mem::take(&mut attributes.packed);
        match attributes.take_type_align() {
            Some(Ok(align)) => {
                declarator.inside.align = declarator.inside.align.max(align);
                if !matches!(self.types.node(declarator.ty), TypeNode::Function(_)) {
                    declarator.ty = declarator.ty.aligned(align as u32);
                }
            }
            Some(Err(why)) => declarator.ty = self.types.unknown(why),
            None => {}
        }
    }

    /// type-qualifier-list, with attributes and Microsoft's words.
    fn pointer_words(&mut self, attributes: &mut Attributes<'t>) -> Result<u8, Fault> {
        let mut qualifiers = 0;
        loop {
            if self.is_bracketed_attribute(0) {
                self.attribute(attributes)?;
                continue;
            }
            match self.pointer_word(attributes)? {
                Some(qualifier) => qualifiers |= qualifier,
                None => return Ok(qualifiers),
            }
        }
    }

    /// The arrays and functions after a name or after parentheses. The last one is the innermost type.
    fn suffixes(&mut self, declarator: &mut Declarator<'t>) -> Result<(), Fault> {
        let mut suffixes = Vec::new();
        declarator.old_style = false;
        loop {
            if self.is_bracketed_attribute(0) {
                let own = self.attributes()?;
                declarator.attributes = declarator.attributes.and(&own);
            } else if self.is(b'[') {
                suffixes.push(self.array_suffix());
            } else if self.is(b'(') {
                suffixes.push(self.deeper(|reader| reader.function_suffix(declarator))?);
            } else {
                break;
            }
        }
        for suffix in suffixes.into_iter().rev() {
            declarator.ty = match suffix {
                Suffix::Array(len, qualifiers) => self.types.array(declarator.ty, len).qualified(qualifiers),
                Suffix::Function(function) => {
                    declarator.inside.plain = None;
                    self.types.function(CFunction { result: declarator.ty, ..function })
                }
            };
        }
        Ok(())
    }

    /// `[static qualifiers length]`, `[]` or `[*]` (C11 6.7.6.2).
    fn array_suffix(&mut self) -> Suffix<'t> {
        let end = self.closing();
        self.at += 1;
        let mut ignored = Attributes::default();
        let mut qualifiers = 0;
        while self.at < end {
            match self.pointer_word(&mut ignored) {
                Ok(Some(qualifier)) => qualifiers |= qualifier,
                Ok(None) if self.word() == "static" => self.at += 1,
                _ => break,
            }
        }
        let len = if self.at == end {
            None
        } else if self.is(b'*') && self.at + 1 == end {
            Some(Err(reason("an array of variable length")))
        } else {
            Some(self.array_length(end))
        };
        self.at = end + 1;
        Suffix::Array(len, qualifiers)
    }

    fn array_length(&mut self, end: usize) -> Result<u64, Reason> {
        let length = self.integer_constant().map_err(|fault| self.reason_of(fault))??;
        if self.at != end {
            let fault = self.fault("this is not understood in an array's length");
            return Err(self.reason_of(fault));
        }
        u64::try_from(length).map_err(|_| reason(format_args!("an array of {length} elements")))
    }

    /// parameter-type-list or identifier-list in parentheses (C11 6.7.6.3).
    fn function_suffix(&mut self, declarator: &mut Declarator<'t>) -> Result<Suffix<'t>, Fault> {
        let end = self.closing();
        self.at += 1;
        self.names.enter_prototype();
        let mut function = CFunction::default();
        let params = &mut function.params;
        let mut old_style = self.at < end;
        while self.at < end {
            let token = self.token();
            if token.kind == TokenKind::Operator && self.text(token) == "..." && self.at + 1 == end {
                function.variadic = true;
                break;
            }
            // More parameters than can be passed are not kept: their number suffices for the error.
            if params.len() > MAX_PARAMETERS {
                function.unsupported = Some(reason(format_args!("more than {MAX_PARAMETERS} parameters")));
                break;
            }
            old_style &= token.kind == TokenKind::Word && matches!(self.ahead(1).kind, TokenKind::Mark(b',' | b')'));
            let parameter = self.parameter(end);
            params.push(parameter);
            if self.at < end {
                // `parameter` has checked that a comma comes next.
                self.at += 1;
                if self.at == end {
                    let why = self.skipped(self.fault("a parameter is expected here"));
                    params.push(self.unknown_parameter(why));
                }
            }
        }
        self.names.leave_prototype(&mut self.types);
        self.at = end + 1;
        declarator.old_style = old_style && params.iter().all(|parameter| self.types.is_unknown(parameter.ty));
        function.unspecified = params.is_empty() && !function.variadic;
        if let [Parameter { name: None, ty, .. }] = params[..]
            && matches!(self.types.node(ty), TypeNode::Void)
            && ty.quals == 0
        {
            params.clear();
        }
        Ok(Suffix::Function(function))
    }

    /// parameter-declaration (C11 6.7.6.3). If it cannot be read, its type is unknown, and the reader continues at the
    /// comma after it.
    fn parameter(&mut self, end: usize) -> Parameter<'t> {
        let start = self.at;
        let parameter = self.parameter_inside().and_then(|parameter| {
            if self.at == end || self.is(b',') {
                return Ok(parameter);
            }
            Err(self.fault("this is not understood as a parameter"))
        });
        self.or_skipped(parameter, start, b',').unwrap_or_else(|why| self.unknown_parameter(why))
    }

    fn unknown_parameter(&mut self, why: Reason) -> Parameter<'t> {
        Parameter { name: None, ty: self.types.unknown(why), notes: None }
    }

    fn parameter_inside(&mut self) -> Result<Parameter<'t>, Fault> {
        let specifiers = self.specifiers(Context::Parameter)?;
        let declarator = self.declarator(specifiers.ty, Context::Parameter)?;
        let own = declarator.attributes.and(&self.attributes()?);
        let length = self.types.length(declarator.ty);
        let ty = self.types.adjusted(declarator.ty);
        let attributes = specifiers.attributes.and(&own);
        let ty = self.changed_type(ty, &attributes);
        let mut notes = attributes.notes.pointer.kept();
        if let Some(length) = length {
            notes.get_or_insert_default().length.get_or_insert(length);
        }
        let name = declarator.name.map(|(name, _)| name);
        if let Some(name) = name {
            self.names.hide(name);
        }
        Ok(Parameter { name, ty, notes })
    }

    /// type-name (C11 6.7.7).
    pub(super) fn type_name(&mut self) -> Result<QualType, Fault> {
        self.deeper(|reader| {
            let specifiers = reader.specifiers(Context::Parameter)?;
            let declarator = reader.declarator(specifiers.ty, Context::Parameter)?;
            if let Some((_, at)) = declarator.name {
                return Err(Fault::new(at, "this is not understood as a type"));
            }
            let attributes = specifiers.attributes.and(&declarator.attributes);
            let ty = reader.changed_type(declarator.ty, &attributes);
            Ok(match &attributes.align {
                Some(Ok(align)) => ty.aligned(*align as u32),
                Some(Err(why)) => reader.types.unknown(why.clone()),
                None => ty,
            })
        })
    }
}
