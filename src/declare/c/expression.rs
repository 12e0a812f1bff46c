//! Constant expressions (C11 6.5, 6.6): lengths of arrays, values of enumerators, arguments of attributes.
//!
//! An expression is read to its end even if its value is not known. The value then carries the reason.

use hotcall_jit::Scalar;

use super::constant::{NOT_CONSTANT, Number, Operand};
use super::fault::Fault;
use super::lex::TokenKind;
use super::literal;
use super::node::{QualType, Reason, TypeNode, reason};
use super::reader::Reader;
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// The precedence of a binary operator, from the weakest upwards (C11 6.5.5 to 6.5.14).
fn precedence(operator: &str) -> Option<u8> {
    Some(match operator {
        "||" => 0,
        "&&" => 1,
        "|" => 2,
        "^" => 3,
        "&" => 4,
        "==" | "!=" => 5,
        "<" | "<=" | ">" | ">=" => 6,
        "<<" | ">>" => 7,
        "+" | "-" => 8,
        "*" | "/" | "%" => 9,
        _ => return None,
    })
}

/// The content of parentheses.
enum Parenthesized {
    Type(QualType),
    Value(Operand),
}

impl<'t> Reader<'t> {
    /// The value of a constant expression (C11 6.6), which is a conditional expression without a comma.
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

    /// conditional-expression (C11 6.5.15), and GNU's form without the middle.
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
        let mut waiting: Vec<(Operand, &'t str, u8)> = Vec::new();
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
            Some(operator @ (b'+' | b'-' | b'~' | b'!' | b'&' | b'*')) => {
                self.at += 1;
                let operand = self.unary()?;
                Ok(match operator {
                    b'&' => {
                        Operand::new(self.types.pointer(operand.ty), operand.address().map(|at| Number::Int(at.into())))
                    }
                    b'*' => self.pointed_to(operand, 0),
                    _ => self.types.unary(operator, operand),
                })
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

    /// `sizeof` and `_Alignof` (C11 6.5.3.4), GNU's `_Alignof` of an expression, and expressions that begin with a
    /// name.
    fn unary_word(&mut self, word: &str) -> Result<Operand, Fault> {
        match word {
            "sizeof" => {
                let (ty, vague) = self.measured()?;
                let size = match vague {
                    true => Err(reason("the size of this constant depends on C's version")),
                    false => self.types.extent(ty).map(|extent| extent.size),
                };
                Ok(self.types.size(size))
            }
            "_Alignof" | "alignof" | "__alignof__" | "__alignof" => {
                let (ty, _) = self.measured()?;
                Ok(self.types.size(self.types.extent(ty).map(|extent| extent.align)))
            }
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

    /// The type of the operand of `sizeof` or `_Alignof`, and true if it is vague. A type's name in parentheses does
    /// not begin a cast there.
    fn measured(&mut self) -> Result<(QualType, bool), Fault> {
        self.at += 1;
        self.expand()?;
        let operand = if self.is(b'(') {
            match self.parentheses()? {
                Parenthesized::Type(ty) => return Ok((ty, false)),
                Parenthesized::Value(value) => self.postfix(value)?,
            }
        } else {
            self.unary()?
        };
        Ok((operand.ty, operand.vague))
    }

    /// postfix-expression (C11 6.5.2), after its first operand.
    fn postfix(&mut self, mut operand: Operand) -> Result<Operand, Fault> {
        loop {
            self.expand()?;
            let token = self.token();
            operand = match token.mark() {
                Some(b'[' | b'.') => self.part_of(operand)?,
                Some(b'(') => {
                    self.skip_brackets();
                    self.unknown_value("a call is not an integer constant")
                }
                _ if token.kind == TokenKind::Operator && self.text(token) == "->" => {
                    self.at += 1;
                    let whole = self.pointed_to(operand, 0);
                    self.member_of(whole)?
                }
                _ => return Ok(operand),
            };
        }
    }

    /// `[index]` or `.member`
    fn part_of(&mut self, whole: Operand) -> Result<Operand, Fault> {
        if self.eat(b'.') {
            return self.member_of(whole);
        }
        self.at += 1;
        let index = self.conditional()?;
        self.expand()?;
        self.expect(b']')?;
        Ok(match self.types.integer(&index) {
            Ok(index) => self.pointed_to(whole, index),
            Err(why) => self.types.unknown_operand(why),
        })
    }

    /// primary-expression (C11 6.5.1), except for a name and parentheses.
    fn literal(&mut self) -> Result<Operand, Fault> {
        let token = self.token();
        let (text, target) = (self.text(token), self.types.target);
        let literal = match token.kind {
            TokenKind::Number => {
                literal::number(text, target).map(|(value, scalar)| self.types.operand(scalar, Ok(value)))
            }
            TokenKind::Character => literal::character(text, target).map(|(value, scalar)| Operand {
                vague: text.starts_with('u'),
                ..self.types.operand(scalar, Ok(Number::Int(value)))
            }),
            TokenKind::Text => return Ok(self.string()),
            TokenKind::Word
            | TokenKind::Macro
            | TokenKind::Mark(_)
            | TokenKind::Operator
            | TokenKind::Stray
            | TokenKind::EndOfMacro
            | TokenKind::End => {
                return Err(self.fault("this is used as an expression and is not one"));
            }
        };
        self.at += 1;
        Ok(match literal {
            Some(literal) => literal,
            None => self.unknown_value(format_args!("{} is not an integer constant", Quoted(text))),
        })
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
        Operand::new(self.types.array(TypeTable::CHAR, Some(len)), Err(why))
    }

    fn unknown_value(&mut self, why: impl ToString) -> Operand {
        self.types.unknown_operand(reason(why))
    }

    /// An identifier, or a keyword that begins an expression.
    fn identifier(&mut self) -> Result<Operand, Fault> {
        let name = self.word();
        match name {
            "__builtin_offsetof" if self.ahead(1).is(b'(') => return self.offset_of(),
            "_Generic" => return Err(self.fault("`_Generic` is not supported")),
            _ => self.at += 1,
        }
        let why = || reason(format_args!("{} is not declared as a constant", Quoted(name)));
        if !self.names.is_hidden(name) {
            if let Some(constant) = self.names.constant(name) {
                return Ok(constant.clone());
            }
            if let Some(symbol) = self.symbols.get(name) {
                return Ok(Operand::new(symbol.ty, Err(why())));
            }
            if matches!(name, "true" | "false") {
                return Ok(Operand { vague: true, ..self.types.int(Scalar::I32, (name == "true").into()) });
            }
        }
        Ok(self.types.unknown_operand(why()))
    }

    /// `__builtin_offsetof(type-name, member)` (C11 7.19p3).
    fn offset_of(&mut self) -> Result<Operand, Fault> {
        self.at += 2;
        let ty = self.type_name()?;
        self.expect(b',')?;
        let mut place = self.member_of(Operand::new(ty, Ok(Number::At(0))))?;
        self.expand()?;
        while self.is(b'.') || self.is(b'[') {
            place = self.part_of(place)?;
            self.expand()?;
        }
        self.expect(b')')?;
        Ok(self.types.size(place.address()))
    }

    /// A member of an object at a known place, or at least its type.
    fn member_of(&mut self, whole: Operand) -> Result<Operand, Fault> {
        let name = self.word();
        if name.is_empty() {
            return Err(self.fault("a member's name is expected here"));
        }
        self.at += 1;
        Ok(match self.types.member(whole.ty, name) {
            Ok((offset, ty)) => Operand::new(ty, whole.address().map(|at| Number::At(at.wrapping_add(offset)))),
            Err(why) => self.types.unknown_operand(why),
        })
    }

    /// The object that a pointer points to, or an array's element (C11 6.5.2.1, 6.5.3.2).
    fn pointed_to(&mut self, pointer: Operand, index: i128) -> Operand {
        let (element, at) = match (self.types.node(pointer.ty), pointer.value) {
            (&TypeNode::Pointer(to), Ok(Number::Int(at))) => (to, Ok(at)),
            (&TypeNode::Pointer(to), Err(why)) => (to, Err(why)),
            (&TypeNode::Pointer(to), _) => (to, Err(reason(NOT_CONSTANT))),
            (&TypeNode::Array(array), Ok(Number::At(at))) => (self.types.arrays[array].element, Ok(at.into())),
            (&TypeNode::Array(array), _) => (self.types.arrays[array].element, Err(reason(NOT_CONSTANT))),
            _ => return self.unknown_value(NOT_CONSTANT),
        };
        let size = if index == 0 { Ok(0) } else { self.types.extent(element).map(|extent| extent.size) };
        // Addresses wrap, like those of compilers.
        let place = at.and_then(|at| Ok(Number::At(at.wrapping_add(index.wrapping_mul(size?.into())) as u64)));
        Operand::new(element, place)
    }

    /// Returns true if a type's name begins at the token that follows after `ahead` others.
    pub(super) fn begins_type(&self, ahead: usize) -> bool {
        let word = self.word_ahead(ahead);
        !word.is_empty() && self.is_type_word(word, ahead)
    }
}
