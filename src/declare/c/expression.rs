//! Constant expressions (C11 6.5, 6.6): lengths of arrays, values of enumerators, arguments of attributes.
//!
//! An expression is read to its end whatever its value is; a value that is not known carries the reason.

use super::constant::{Number, Operand};
use super::fault::Fault;
use super::lex::{Token, TokenKind};
use super::literal;
use super::node::{QualType, Reason, TypeNode, reason};
use super::reader::Reader;
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// The binary operators by their precedence, the weakest first (C11 6.5.5 to 6.5.14).
const PRECEDENCE: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", "<=", ">", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

fn precedence(operator: &str) -> Option<usize> {
    PRECEDENCE.iter().position(|operators| operators.contains(&operator))
}

/// The content of parentheses.
enum Parenthesized {
    Type(QualType),
    Value(Operand),
}

impl<'t> Reader<'t> {
    /// The value of a constant expression (C11 6.6), which is also a conditional expression: no comma stands in it.
    pub(super) fn constant(&mut self) -> Result<Operand, Fault> {
        let outermost = self.is_in_text();
        let place = self.token();
        let value = self.conditional();
        if outermost && !self.leave_macros() && value.is_ok() {
            return Err(Fault::new(place.start as usize, "the expression ends in the middle of a macro"));
        }
        value
    }

    /// The value of a constant expression that is an integer.
    pub(super) fn integer_constant(&mut self) -> Result<Result<i128, Reason>, Fault> {
        let operand = self.constant()?;
        Ok(self.types.integer(&operand))
    }

    /// conditional-expression (C11 6.5.15), and GNU's with the middle left out.
    pub(super) fn conditional(&mut self) -> Result<Operand, Fault> {
        let condition = self.binary()?;
        self.expand()?;
        if !self.eat(b'?') {
            return Ok(condition);
        }
        self.expand()?;
        let consequence = if self.is(b':') { condition.clone() } else { self.deeper(Self::conditional)? };
        self.expand()?;
        self.expect(b':')?;
        let alternative = self.deeper(Self::conditional)?;
        Ok(self.types.conditional(&condition, consequence, alternative))
    }

    /// The binary operators (C11 6.5.5 to 6.5.14), with a stack instead of a function for each.
    fn binary(&mut self) -> Result<Operand, Fault> {
        let mut waiting: Vec<(Operand, &'t str, usize)> = Vec::new();
        let mut right = self.unary()?;
        loop {
            self.expand()?;
            let token = self.token();
            // A digraph's text begins like an operator.
            let is_bracket = matches!(token.kind, TokenKind::Mark(b'[' | b']' | b'{' | b'}'));
            let is_operator = !is_bracket && matches!(token.kind, TokenKind::Mark(_) | TokenKind::Operator);
            let operator = if is_operator { self.text(token) } else { "" };
            let strength = precedence(operator);
            while let Some((_, _, before)) = waiting.last()
                && strength.is_none_or(|strength| *before >= strength)
                && let Some((left, operator, _)) = waiting.pop()
            {
                right = self.types.binary(operator, left, right);
            }
            let Some(strength) = strength else { return Ok(right) };
            self.at += 1;
            waiting.push((right, operator, strength));
            right = self.unary()?;
        }
    }

    /// unary-expression and cast-expression (C11 6.5.3, 6.5.4).
    fn unary(&mut self) -> Result<Operand, Fault> {
        self.deeper(|reader| reader.unary_inside())
    }

    fn unary_inside(&mut self) -> Result<Operand, Fault> {
        self.expand()?;
        let token = self.token();
        if token.kind == TokenKind::Word {
            return self.unary_word(self.text(token));
        }
        match token.mark() {
            Some(operator @ (b'+' | b'-' | b'~' | b'!')) => {
                self.at += 1;
                let operand = self.unary()?;
                Ok(self.types.unary(operator, operand))
            }
            Some(b'&') => {
                self.at += 1;
                let operand = self.unary()?;
                Ok(self.address_of(operand))
            }
            Some(b'*') => {
                self.at += 1;
                let operand = self.unary()?;
                Ok(self.pointed_to(operand, 0))
            }
            Some(b'(') => match self.parentheses()? {
                Parenthesized::Type(_) if self.is(b'{') => {
                    Err(self.fault("a compound literal in a constant expression is not supported"))
                }
                Parenthesized::Type(ty) => {
                    let operand = self.unary()?;
                    Ok(self.types.cast(operand, ty))
                }
                Parenthesized::Value(value) => self.postfix(value),
            },
            _ => {
                let literal = self.literal()?;
                self.postfix(literal)
            }
        }
    }

    fn unary_word(&mut self, word: &str) -> Result<Operand, Fault> {
        match word {
            "sizeof" => self.size_of(),
            "_Alignof" | "alignof" | "__alignof__" | "__alignof" => self.align_of(),
            "__extension__" => {
                self.at += 1;
                self.unary()
            }
            _ => {
                let name = self.identifier()?;
                self.postfix(name)
            }
        }
    }

    /// `( type-name )` or `( expression )`
    fn parentheses(&mut self) -> Result<Parenthesized, Fault> {
        self.at += 1;
        self.expand()?;
        let inside = match self.begins_type(0) {
            true => Parenthesized::Type(self.type_name()?),
            false => Parenthesized::Value(self.conditional()?),
        };
        self.expand()?;
        self.expect(b')')?;
        Ok(inside)
    }

    /// `( type-name )`
    pub(super) fn type_in_parentheses(&mut self) -> Result<QualType, Fault> {
        self.expect(b'(')?;
        let ty = self.type_name()?;
        self.expect(b')')?;
        Ok(ty)
    }

    /// `sizeof` (C11 6.5.3.4), also of an expression by its type.
    fn size_of(&mut self) -> Result<Operand, Fault> {
        self.at += 1;
        self.expand()?;
        let measured = self.measured()?;
        let size = match measured {
            Parenthesized::Value(Operand { vague: true, .. }) => {
                Err(reason("the size of this constant depends on C's version"))
            }
            Parenthesized::Type(ty) | Parenthesized::Value(Operand { ty, .. }) => {
                self.types.extent(ty).map(|extent| extent.size)
            }
        };
        Ok(self.types.size(size))
    }

    /// The operand of `sizeof` or `_Alignof`. A type's name in parentheses begins no cast there.
    fn measured(&mut self) -> Result<Parenthesized, Fault> {
        if !self.is(b'(') {
            return Ok(Parenthesized::Value(self.unary()?));
        }
        Ok(match self.parentheses()? {
            Parenthesized::Value(value) => Parenthesized::Value(self.postfix(value)?),
            ty => ty,
        })
    }

    /// `_Alignof` (C11 6.5.3.4); GNU's also takes an expression.
    fn align_of(&mut self) -> Result<Operand, Fault> {
        self.at += 1;
        self.expand()?;
        let (Parenthesized::Type(ty) | Parenthesized::Value(Operand { ty, .. })) = self.measured()?;
        let align = self.types.extent(ty).map(|extent| extent.align);
        Ok(self.types.size(align))
    }

    /// postfix-expression (C11 6.5.2), behind its first operand.
    fn postfix(&mut self, mut operand: Operand) -> Result<Operand, Fault> {
        loop {
            self.expand()?;
            let token = self.token();
            if token.kind == TokenKind::Operator && self.text(token) == "->" {
                self.at += 1;
                operand = self.pointed_to(operand, 0);
                operand = self.member_of(operand)?;
                continue;
            }
            match token.mark() {
                Some(b'[') => {
                    self.at += 1;
                    let index = self.conditional()?;
                    self.expand()?;
                    self.expect(b']')?;
                    let index = self.types.integer(&index);
                    operand = match index {
                        Ok(index) => self.pointed_to(operand, index),
                        Err(why) => self.not_constant(why),
                    };
                }
                Some(b'.') => {
                    self.at += 1;
                    operand = self.member_of(operand)?;
                }
                Some(b'(') => {
                    self.skip_brackets();
                    operand = self.not_constant(reason("a call is not an integer constant"));
                }
                _ => return Ok(operand),
            }
        }
    }

    /// primary-expression (C11 6.5.1) other than a name and parentheses.
    fn literal(&mut self) -> Result<Operand, Fault> {
        let token = self.token();
        let target = self.types.target;
        let text = self.text(token);
        let unknown = || reason(format!("{} is not an integer constant", Quoted(text)));
        match token.kind {
            TokenKind::Number => {
                let number = literal::number(text, target);
                self.at += 1;
                Ok(match number {
                    Some((value, scalar)) => self.types.operand(scalar, value),
                    None => self.not_constant(unknown()),
                })
            }
            TokenKind::Character => {
                let character = literal::character(text, target);
                self.at += 1;
                let Some((value, scalar)) = character else {
                    return Ok(self.not_constant(unknown()));
                };
                Ok(Operand { vague: text.starts_with('u'), ..self.types.operand(scalar, Number::Int(value)) })
            }
            TokenKind::Text => Ok(self.string()),
            TokenKind::Word
            | TokenKind::Macro
            | TokenKind::Mark(_)
            | TokenKind::Operator
            | TokenKind::Stray
            | TokenKind::EndOfMacro
            | TokenKind::End => Err(self.fault("this is used as an expression and is not one")),
        }
    }

    /// A string literal, or several (C11 6.4.5): only its size is known.
    fn string(&mut self) -> Operand {
        let mut plain = true;
        let mut len = 1;
        while let token = self.token()
            && token.kind == TokenKind::Text
        {
            let text = self.text(token);
            plain &= text.starts_with('"') && !text.contains('\\');
            len += text.len() as u64 - 2;
            self.at += 1;
        }
        let why = reason("a string in a constant expression is not supported");
        let len = if plain { Ok(len) } else { Err(why.clone()) };
        let ty = self.types.array(TypeTable::CHAR, Some(len));
        Operand { ty, value: Number::Unknown(why), vague: false }
    }

    fn not_constant(&mut self, why: Reason) -> Operand {
        self.types.unknown_operand(why)
    }

    /// An identifier, or a keyword that begins an expression.
    fn identifier(&mut self) -> Result<Operand, Fault> {
        let token = self.token();
        let name = self.text(token);
        match name {
            "__builtin_offsetof" if self.ahead(1).is(b'(') => return self.offset_of(),
            "_Generic" => return Err(self.fault("`_Generic` is not supported")),
            _ => self.at += 1,
        }
        let why = || reason(format!("{} is not declared as a constant", Quoted(name)));
        if self.names.is_hidden(name) {
            return Ok(self.not_constant(why()));
        }
        if let Some(constant) = self.names.constant(name).cloned() {
            return Ok(constant.unwrap_or_else(|why| self.not_constant(why)));
        }
        if let Some(symbol) = self.symbols.get(name) {
            return Ok(Operand { ty: symbol.ty, value: Number::Unknown(why()), vague: false });
        }
        Ok(match name {
            "true" => Operand { vague: true, ..self.types.int(1) },
            "false" => Operand { vague: true, ..self.types.int(0) },
            _ => self.not_constant(why()),
        })
    }

    /// `__builtin_offsetof(type-name, member)` (C11 7.19p3).
    fn offset_of(&mut self) -> Result<Operand, Fault> {
        self.at += 2;
        let ty = self.type_name()?;
        self.expect(b',')?;
        let mut place = Operand { ty, value: Number::At(0), vague: false };
        place = self.member_of(place)?;
        loop {
            self.expand()?;
            if self.eat(b'.') {
                place = self.member_of(place)?;
            } else if self.eat(b'[') {
                let index = self.conditional()?;
                self.expand()?;
                self.expect(b']')?;
                let index = self.types.integer(&index);
                place = match index {
                    Ok(index) => self.pointed_to(place, index),
                    Err(why) => self.not_constant(why),
                };
            } else {
                self.expect(b')')?;
                let offset = match place.value {
                    Number::At(offset) => Ok(offset),
                    Number::Unknown(why) => Err(why),
                    Number::Int(_) | Number::Float(_) => Err(reason("a value that is not a constant")),
                };
                return Ok(self.types.size(offset));
            }
        }
    }

    /// A member of what lies at a known place, or at least its type.
    fn member_of(&mut self, whole: Operand) -> Result<Operand, Fault> {
        let name = self.word();
        if name.is_empty() {
            return Err(self.fault("a member's name is expected here"));
        }
        self.at += 1;
        Ok(match (self.types.member(whole.ty, name), whole.value) {
            (Ok((offset, ty)), Number::At(at)) => {
                Operand { ty, value: Number::At(at.wrapping_add(offset)), vague: false }
            }
            (Ok((_, ty)), Number::Unknown(why)) => Operand { ty, value: Number::Unknown(why), vague: false },
            (Ok((_, ty)), _) => {
                Operand { ty, value: Number::Unknown(reason("a value that is not a constant")), vague: false }
            }
            (Err(why), _) => self.not_constant(why),
        })
    }

    /// The object that a pointer points to, or an array's element (C11 6.5.2.1, 6.5.3.2).
    fn pointed_to(&mut self, pointer: Operand, index: i128) -> Operand {
        let (element, at) = match (self.types.node(pointer.ty), pointer.value) {
            (&TypeNode::Pointer(to), Number::Int(at)) => (to, Ok(at)),
            (&TypeNode::Pointer(to), Number::Unknown(why)) => (to, Err(why)),
            (&TypeNode::Pointer(to), _) => (to, Err(reason("a value that is not a constant"))),
            (&TypeNode::Array(array), Number::At(at)) => (self.types.arrays[array].element, Ok(at.into())),
            (&TypeNode::Array(array), _) => {
                (self.types.arrays[array].element, Err(reason("a value that is not a constant")))
            }
            _ => return self.not_constant(reason("a value that is not a constant")),
        };
        let size = if index == 0 { Ok(0) } else { self.types.extent(element).map(|extent| extent.size) };
        let place = at.and_then(|at| {
            // Addresses wrap, as those of compilers do.
            Ok(Number::At(at.wrapping_add(index.wrapping_mul(size?.into())) as u64))
        });
        Operand { ty: element, value: place.unwrap_or_else(Number::Unknown), vague: false }
    }

    /// `&` (C11 6.5.3.2).
    fn address_of(&mut self, operand: Operand) -> Operand {
        let ty = self.types.pointer(operand.ty);
        let value = match operand.value {
            Number::At(at) => Number::Int(at.into()),
            Number::Unknown(why) => Number::Unknown(why),
            Number::Int(_) | Number::Float(_) => Number::Unknown(reason("a value that is not a constant")),
        };
        Operand { ty, value, vague: false }
    }

    /// Returns whether a type's name begins at the token that follows after `ahead` others.
    pub(super) fn begins_type(&self, ahead: usize) -> bool {
        let token: Token = self.ahead(ahead);
        token.kind == TokenKind::Word && self.is_type_word(self.text(token), ahead)
    }
}
