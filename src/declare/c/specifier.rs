//! Declaration specifiers (C11 6.7, C23 6.7): storage classes, type specifiers and qualifiers, in any order.

use hotcall_jit::Scalar;

use super::attributes::Attributes;
use super::extent::CExtent;
use super::fault::{Fault, is_macro};
use super::keyword::{Base, Part, Storage, Word, keyword};
use super::lex::{Token, TokenKind};
use super::node::QualType;
use super::reader::Reader;
use super::target::integer;
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// The position of specifiers. It decides how a name that is not declared is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// A declaration, or a member of a struct or union.
    Declaration,
    /// A parameter, or the name of a type.
    Parameter,
}

/// The meaning of a declaration's specifiers.
#[derive(Default)]
pub(super) struct Specifiers<'t> {
    pub(super) storage: Storage,
    /// The type that the declarators start from.
    pub(super) ty: QualType,
    /// The attributes of all declared names.
    pub(super) attributes: Attributes<'t>,
    /// True if a struct or union without a tag is defined.
    pub(super) anonymous: bool,
    /// If the type is a name that is not known, its place and the problem.
    pub(super) unknown: Option<(usize, String)>,
}

/// The type specifiers read so far (C11 6.7.2p2).
#[derive(Default)]
struct Counts {
    signed: u32,
    unsigned: u32,
    short: u32,
    long: u32,
    complex: u32,
    bases: u32,
    base: Option<Base>,
}

impl Counts {
    const fn add(&mut self, part: Part) {
        match part {
            Part::Signed => self.signed += 1,
            Part::Unsigned => self.unsigned += 1,
            Part::Short => self.short += 1,
            Part::Long => self.long += 1,
            Part::Complex => self.complex += 1,
            Part::Base(base) => {
                self.bases += 1;
                self.base = Some(base);
            }
        }
    }

    const fn is_empty(&self) -> bool {
        self.signed + self.unsigned + self.short + self.long + self.complex == 0 && self.base.is_none()
    }
}

impl<'t> Reader<'t> {
    /// Returns true if a word of the following tokens begins a type's name.
    pub(super) fn is_type_word(&self, word: &str, ahead: usize) -> bool {
        match keyword(word, self.ahead(ahead + 1).is(b'(')) {
            Some(_) => true,
            None => self.is_type_name(word),
        }
    }

    /// Returns true if a word is a keyword among specifiers, and so not a name.
    pub(super) fn is_keyword(word: &str) -> bool {
        keyword(word, false).is_some()
    }

    /// Reads the next word if it changes a pointer or a call, and nothing else. Returns its qualifier.
    pub(super) fn pointer_word(&mut self, attributes: &mut Attributes<'t>) -> Result<Option<u8>, Fault> {
        let word = self.word();
        if matches!(word, "__ptr32" | "_ptr32") {
            self.at += 1;
            attributes.opaque = Some("32-bit pointers");
            return Ok(Some(0));
        }
        self.modifier(keyword(word, self.ahead(1).is(b'(')), attributes)
    }

    fn modifier(&mut self, word: Option<Word>, attributes: &mut Attributes<'t>) -> Result<Option<u8>, Fault> {
        let mut qualifier = 0;
        match word {
            Some(Word::Attribute) => {
                self.attribute(attributes)?;
                return Ok(Some(0));
            }
            Some(Word::Note) => {
                self.note(&mut attributes.notes.pointer);
                return Ok(Some(0));
            }
            Some(Word::Qualifier(own)) => qualifier = own,
            Some(Word::Harmless) => {}
            Some(Word::Call) => attributes.foreign_call = true,
            Some(Word::Atomic) => attributes.opaque = Some("atomic types"),
            _ => return Ok(None),
        }
        self.at += 1;
        Ok(Some(qualifier))
    }

    /// declaration-specifiers and specifier-qualifier-list (C11 6.7, 6.7.2.1).
    pub(super) fn specifiers(&mut self, context: Context) -> Result<Specifiers<'t>, Fault> {
        let first = self.at;
        let mut specifiers = Specifiers::default();
        let mut counts = Counts::default();
        let mut named = None;
        let mut qualifiers = 0;
        loop {
            let token = self.token();
            let untyped = named.is_none() && counts.is_empty();
            if self.is_bracketed_attribute(0) {
                self.attribute(&mut specifiers.attributes)?;
                continue;
            }
            if token.kind == TokenKind::Macro && untyped {
                named = Some(self.unknown(token, is_macro(self.text(token)), &mut specifiers));
                continue;
            }
            if token.kind != TokenKind::Word {
                break;
            }
            let word = self.text(token);
            let call = self.ahead(1).is(b'(');
            match keyword(word, call) {
                None if !untyped => break,
                Some(Word::Tag(_) | Word::Typeof | Word::BitInt) if named.is_some() => break,
                None => match self.type_named(word, context, &mut specifiers) {
                    Some(ty) => named = Some(ty),
                    None => break,
                },
                Some(Word::Tag(kind)) => {
                    let (ty, anonymous) = self.tag_specifier(kind)?;
                    specifiers.anonymous = anonymous;
                    named = Some(ty);
                }
                Some(Word::Typeof) => named = Some(self.type_of()?),
                Some(Word::BitInt) => named = Some(self.bit_int()?),
                Some(Word::Atomic) if call => {
                    self.at += 1;
                    named = Some(self.type_in_parentheses()?);
                    specifiers.attributes.opaque = Some("atomic types");
                }
                Some(Word::Unsupported) => {
                    let problem = "this way to name a type is not supported".to_string();
                    named = Some(self.unknown(token, problem, &mut specifiers));
                }
                Some(Word::Alignas) => self.alignas(&mut specifiers.attributes)?,
                Some(Word::Storage(storage)) => {
                    self.at += 1;
                    let is_constant = storage == Storage::Hidden && specifiers.storage == Storage::Constexpr;
                    specifiers.storage = if is_constant { Storage::Constexpr } else { storage };
                }
                Some(Word::Part(part)) => {
                    self.at += 1;
                    counts.add(part);
                }
                word => qualifiers |= self.modifier(word, &mut specifiers.attributes)?.unwrap_or_default(),
            }
        }
        let ty = match named {
            Some(ty) if counts.is_empty() || self.types.is_unknown(ty) => ty,
            None if counts.is_empty() && specifiers.storage == Storage::Constexpr => self.types.scalar(Scalar::I32),
            None if counts.is_empty() => return Err(self.fault(self.untyped(first, context))),
            _ => match self.counted(&counts) {
                Some(ty) if named.is_none() => ty,
                _ => {
                    let (at, problem) = (self.source.tokens[first].start as usize, self.no_type(first));
                    specifiers.unknown = Some((at, problem.clone()));
                    let why = self.reason_of(Fault::new(at, problem));
                    self.types.unknown(why)
                }
            },
        };
        let ty = ty.qualified(qualifiers);
        specifiers.ty = self.base_type(ty, &mut specifiers.attributes);
        Ok(specifiers)
    }

    /// A problem at the next token, or the problem with the type before it if that has one.
    pub(super) fn misread(&self, specifiers: &Specifiers<'t>, problem: &str) -> Fault {
        match &specifiers.unknown {
            Some((at, problem)) => Fault::new(*at, problem.clone()),
            None => self.fault(problem),
        }
    }

    fn untyped(&self, first: usize, context: Context) -> &'static str {
        match context {
            Context::Parameter => "a type is expected here",
            Context::Declaration if self.at == first => "this is not understood as a C declaration",
            Context::Declaration => "a declaration without a type",
        }
    }

    fn no_type(&self, first: usize) -> String {
        let start = self.source.tokens[first].start as usize;
        let end = self.token().start as usize;
        format!("{} is not a type", Quoted(self.source.text.get(start..end).unwrap_or_default().trim_end()))
    }

    /// A type that is not known, for a word that is skipped.
    fn unknown(&mut self, token: Token, problem: String, specifiers: &mut Specifiers<'t>) -> QualType {
        let at = token.start as usize;
        let why = self.reason_of(Fault::new(at, problem.clone()));
        specifiers.unknown.get_or_insert((at, problem));
        self.at += 1;
        self.types.unknown(why)
    }

    /// The type of an identifier; `None` if it is the name that is declared.
    fn type_named(&mut self, word: &'t str, context: Context, specifiers: &mut Specifiers<'t>) -> Option<QualType> {
        if self.is_type_name(word)
            && let Some(ty) = self.types.named(word)
        {
            self.at += 1;
            return Some(ty);
        }
        let next = self.ahead(1);
        let names_type = matches!(next.kind, TokenKind::Word | TokenKind::Macro | TokenKind::Mark(b'*' | b'^'))
            || next.is(b'(') && (self.ahead(2).is(b'*') || self.ahead(2).is(b'^'));
        if context == Context::Parameter || names_type {
            let problem = format!("unknown type {}", Quoted(word));
            return Some(self.unknown(self.token(), problem, specifiers));
        }
        None
    }

    /// The type that keywords name together (C11 6.7.2p2); `None` if they do not name one.
    fn counted(&mut self, counts: &Counts) -> Option<QualType> {
        let target = self.types.target;
        let signs = counts.signed + counts.unsigned;
        if counts.bases > 1 {
            return None;
        }
        if counts.complex > 0 {
            let part = match (counts.long, counts.base) {
                (0, Some(Base::Float)) => Some(4),
                (0, Some(Base::Double) | None) => Some(8),
                (1, Some(Base::Double)) => Some(target.long_double()),
                _ => None,
            };
            let extent = part.map(|part| CExtent { size: 2 * part, align: part });
            return Some(self.types.opaque("complex numbers cannot be passed", extent));
        }
        let size = match (counts.short, counts.long, counts.base) {
            _ if signs > 1 => return None,
            (0, 0, Some(Base::Char)) if signs == 0 => return Some(TypeTable::CHAR),
            (0, 0, Some(Base::Char)) => 1,
            (0, 0, Some(Base::Sized(size))) => size,
            (1, 0, None | Some(Base::Int)) => 2,
            (0, 0, None | Some(Base::Int)) => 4,
            (0, 1, None | Some(Base::Int)) => target.long(true).size(),
            (0, 2, None | Some(Base::Int)) => 8,
            (0, 0, Some(Base::Int128)) => {
                return Some(self.types.opaque("128-bit integers cannot be passed", Some(CExtent::scalar(16))));
            }
            _ if signs > 0 => return None,
            (0, 0, Some(Base::Void)) => return Some(TypeTable::VOID),
            (0, 0, Some(Base::Float)) => return Some(self.types.scalar(Scalar::F32)),
            (0, 0, Some(Base::Bool)) => return Some(self.types.scalar(Scalar::Bool)),
            (0, 0, Some(Base::Double)) => return Some(self.types.scalar(Scalar::F64)),
            (0, 1, Some(Base::Double)) if target.short_long_double => return Some(self.types.scalar(Scalar::F64)),
            (0, 1, Some(Base::Double)) => {
                let extent = Some(CExtent::scalar(target.long_double()));
                return Some(self.types.opaque("`long double` cannot be passed", extent));
            }
            _ => return None,
        };
        Some(self.types.scalar(integer(size, counts.unsigned == 0)))
    }

    /// `typeof(…)` of a type or an expression (C23 6.7.3.6).
    fn type_of(&mut self) -> Result<QualType, Fault> {
        let unqualified = self.word().contains("unqual");
        self.at += 1;
        let end = self.closing();
        self.at += 1;
        let ty = self.deeper(|reader| match reader.begins_type(0) {
            true => reader.type_name(),
            false => Ok(reader.constant()?.ty),
        })?;
        if self.at != end {
            return Err(self.fault("this is not understood inside `typeof`"));
        }
        self.at += 1;
        Ok(if unqualified { ty.unqualified() } else { ty })
    }

    /// `_BitInt(N)` (C23 6.7.3.1): known by its size.
    fn bit_int(&mut self) -> Result<QualType, Fault> {
        self.at += 2;
        let width = self.integer_constant()?;
        self.expect(b')')?;
        // The psABI's rule: passed like an integer of the next size, or like an array of 64-bit words.
        let extent = width.ok().and_then(|width| u64::try_from(width).ok()).map(|width| match width {
            0..=64 => CExtent::scalar(width.div_ceil(8).max(1).next_power_of_two()),
            _ => CExtent { size: 8 * width.div_ceil(64), align: 8 },
        });
        Ok(self.types.opaque("`_BitInt` cannot be passed", extent))
    }
}
