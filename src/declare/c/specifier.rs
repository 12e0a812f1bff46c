//! Declaration specifiers (C11 6.7, C23 6.7): storage classes, type specifiers and qualifiers, in any order.

use hotcall_jit::Scalar;

use super::annotation::is_note;
use super::attributes::Attributes;
use super::extent::CExtent;
use super::fault::Fault;
use super::fault::is_macro;
use super::lex::{Token, TokenKind};
use super::node::{QualType, TypeNode, quals};
use super::reader::Reader;
use super::tag::TagKind;
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// Where specifiers stand: this decides what a name that is not declared may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// A declaration, or a member of a struct or union.
    Declaration,
    /// A parameter, or the name of a type.
    Parameter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Symbol,
    Typedef,
    /// `static`: not seen outside of its text.
    Hidden,
    /// C23's constants.
    Constexpr,
}

/// The meaning of a declaration's specifiers.
pub(super) struct Specifiers<'t> {
    pub(super) storage: Storage,
    /// The type that the declarators start from.
    pub(super) ty: QualType,
    /// The attributes of all that is declared.
    pub(super) attributes: Attributes<'t>,
    /// A struct or union without a tag is defined.
    pub(super) anonymous: bool,
    /// Where the type is a name that is not known, and what is wrong with it.
    pub(super) unknown: Option<(usize, String)>,
}

/// The meaning of a keyword among specifiers.
enum Word {
    Storage(Storage),
    Qualifier(u8),
    /// It changes neither a layout nor a call.
    Harmless,
    Base(Base),
    Signed,
    Unsigned,
    Short,
    Long,
    Complex,
    Tag(TagKind),
    Typeof,
    BitInt,
    Atomic,
    Attribute,
    Alignas,
    /// A calling convention that is not followed.
    Call,
    /// It says more than C.
    Note,
    /// A type that is not supported.
    Unsupported,
}

/// A keyword that is a type by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Void,
    Char,
    Int,
    /// An integer by its number of bytes, as Microsoft's compiler has them.
    Sized(u32),
    Int128,
    Float,
    Double,
    Bool,
}

/// The meaning of a word; `call` says whether a parenthesis follows.
#[rustfmt::skip]
fn keyword(word: &str, call: bool) -> Option<Word> {
    Some(match word {
        "typedef" => Word::Storage(Storage::Typedef),
        "static" => Word::Storage(Storage::Hidden),
        "constexpr" => Word::Storage(Storage::Constexpr),
        "const" | "__const" | "__const__" => Word::Qualifier(quals::CONST),
        "volatile" | "__volatile" | "__volatile__" => Word::Qualifier(quals::VOLATILE),
        "restrict" | "__restrict" | "__restrict__" => Word::Qualifier(quals::RESTRICT),
        "extern" | "register" | "inline" | "__inline" | "__inline__" | "__forceinline" | "_Noreturn" | "noreturn"
        | "__extension__" | "_Thread_local" | "thread_local" | "__thread"
        | "_Nonnull" | "_Nullable" | "_Null_unspecified" | "_Nullable_result" | "__nonnull" | "__nullable"
        | "__cdecl" | "_cdecl" | "__stdcall" | "_stdcall" | "__fastcall" | "_fastcall" | "__thiscall" | "__clrcall"
        | "__ptr64" | "_ptr64" | "__unaligned" | "_unaligned" | "__uptr" | "__sptr" | "__w64" => Word::Harmless,
        "void" => Word::Base(Base::Void),
        "char" => Word::Base(Base::Char),
        "int" => Word::Base(Base::Int),
        "float" => Word::Base(Base::Float),
        "double" => Word::Base(Base::Double),
        "_Bool" => Word::Base(Base::Bool),
        "__int8" | "_int8" => Word::Base(Base::Sized(1)),
        "__int16" | "_int16" => Word::Base(Base::Sized(2)),
        "__int32" | "_int32" => Word::Base(Base::Sized(4)),
        "__int64" | "_int64" => Word::Base(Base::Sized(8)),
        "__int128" => Word::Base(Base::Int128),
        "signed" | "__signed" | "__signed__" => Word::Signed,
        "unsigned" => Word::Unsigned,
        "short" => Word::Short,
        "long" => Word::Long,
        "_Complex" | "__complex__" | "__complex" | "_Imaginary" | "__imaginary__" => Word::Complex,
        "struct" => Word::Tag(TagKind::Struct),
        "union" => Word::Tag(TagKind::Union),
        "enum" => Word::Tag(TagKind::Enum),
        "typeof" | "__typeof__" | "__typeof" | "typeof_unqual" | "__typeof_unqual__" if call => Word::Typeof,
        "_BitInt" if call => Word::BitInt,
        "_Atomic" => Word::Atomic,
        "__attribute__" | "__attribute" | "__declspec" if call => Word::Attribute,
        "_Alignas" | "alignas" if call => Word::Alignas,
        "__vectorcall" | "_vectorcall" | "__regcall" => Word::Call,
        "auto" | "__auto_type" | "_Sat" | "_Fract" | "_Accum" => Word::Unsupported,
        _ if is_note(word, call) => Word::Note,
        _ => return None,
    })
}

/// The type specifiers met so far (C11 6.7.2p2).
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
    const fn is_empty(&self) -> bool {
        self.signed + self.unsigned + self.short + self.long + self.complex == 0 && self.base.is_none()
    }
}

impl<'t> Reader<'t> {
    /// Returns whether a word of the tokens to come begins a type's name.
    pub(super) fn is_type_word(&self, word: &str, ahead: usize) -> bool {
        match keyword(word, self.ahead(ahead + 1).is(b'(')) {
            Some(_) => true,
            None => self.is_type_name(word),
        }
    }

    /// Returns whether a word is a keyword among specifiers, and so not a name.
    pub(super) fn is_keyword(word: &str) -> bool {
        keyword(word, false).is_some()
    }

    /// Returns whether the word that comes next changes a pointer or a call, and nothing else.
    pub(super) fn pointer_word(&mut self, attributes: &mut Attributes<'t>) -> Result<Option<u8>, Fault> {
        let word = self.word();
        let qualifier = match keyword(word, self.ahead(1).is(b'(')) {
            Some(Word::Qualifier(qualifier)) => qualifier,
            Some(Word::Harmless) => 0,
            Some(Word::Call) => {
                attributes.call = Some("another calling convention");
                0
            }
            Some(Word::Atomic) => {
                attributes.opaque = Some("atomic types");
                0
            }
            Some(Word::Attribute) => {
                self.attribute(attributes)?;
                return Ok(Some(0));
            }
            Some(Word::Note) => {
                self.note(&mut attributes.notes);
                return Ok(Some(0));
            }
            _ if matches!(word, "__ptr32" | "_ptr32") => {
                attributes.opaque = Some("32-bit pointers");
                0
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(qualifier))
    }

    /// declaration-specifiers and specifier-qualifier-list (C11 6.7, 6.7.2.1).
    pub(super) fn specifiers(&mut self, context: Context) -> Result<Specifiers<'t>, Fault> {
        let first = self.at;
        let mut specifiers = Specifiers {
            storage: Storage::Symbol,
            ty: TypeTable::VOID,
            attributes: Attributes::default(),
            anonymous: false,
            unknown: None,
        };
        let mut counts = Counts::default();
        let mut named = None;
        let mut qualifiers = 0;
        loop {
            let token = self.token();
            let untyped = named.is_none() && counts.is_empty();
            if token.is(b'[') && self.ahead(1).is(b'[') {
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
            let Some(keyword) = keyword(word, self.ahead(1).is(b'(')) else {
                if !untyped {
                    break;
                }
                named = match self.type_named(word, context, &mut specifiers) {
                    Some(ty) => Some(ty),
                    None => break,
                };
                continue;
            };
            match keyword {
                Word::Attribute => {
                    self.attribute(&mut specifiers.attributes)?;
                    continue;
                }
                Word::Alignas => {
                    self.alignas(&mut specifiers.attributes)?;
                    continue;
                }
                Word::Note => {
                    self.note(&mut specifiers.attributes.notes);
                    continue;
                }
                Word::Tag(_) | Word::Typeof | Word::BitInt if named.is_some() => break,
                Word::Tag(kind) => {
                    let tag = self.tag_specifier(kind)?;
                    specifiers.anonymous = tag.anonymous;
                    named = Some(tag.ty);
                    continue;
                }
                Word::Typeof => {
                    named = Some(self.type_of()?);
                    continue;
                }
                Word::BitInt => {
                    named = Some(self.bit_int()?);
                    continue;
                }
                Word::Atomic if self.ahead(1).is(b'(') => {
                    self.at += 1;
                    let ty = self.type_in_parentheses()?;
                    named = Some(ty);
                    specifiers.attributes.opaque = Some("atomic types");
                    continue;
                }
                Word::Storage(Storage::Hidden) if specifiers.storage == Storage::Constexpr => {}
                Word::Storage(storage) => specifiers.storage = storage,
                Word::Qualifier(qualifier) => qualifiers |= qualifier,
                Word::Harmless => {}
                Word::Base(base) => {
                    counts.bases += 1;
                    counts.base = Some(base);
                }
                Word::Signed => counts.signed += 1,
                Word::Unsigned => counts.unsigned += 1,
                Word::Short => counts.short += 1,
                Word::Long => counts.long += 1,
                Word::Complex => counts.complex += 1,
                Word::Atomic => specifiers.attributes.opaque = Some("atomic types"),
                Word::Call => specifiers.attributes.call = Some("another calling convention"),
                Word::Unsupported => {
                    let problem = "this way to name a type is not supported".to_string();
                    named = Some(self.unknown(token, problem, &mut specifiers));
                    continue;
                }
            }
            self.at += 1;
        }
        let ty = match named {
            Some(ty) if counts.is_empty() || matches!(self.types.node(ty), TypeNode::Unknown(_)) => ty,
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

    /// The type of an identifier; `None` if it is the name of the declared thing.
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
        if counts.bases > 1 {
            return None;
        }
        let target = self.types.target;
        let sign = counts.unsigned == 0;
        let pick = |signed, unsigned| Some(if sign { signed } else { unsigned });
        let wide = |reader: &mut Self, what: &str, size| {
            Some(
                reader
                    .types
                    .opaque(format_args!("{what} cannot be passed"), Some(CExtent { size, align: size.min(16) })),
            )
        };
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
        let signs = counts.signed + counts.unsigned;
        let scalar = match (signs, counts.short, counts.long, counts.base) {
            (0, 0, 0, Some(Base::Void)) => return Some(TypeTable::VOID),
            (0, 0, 0, Some(Base::Char)) => return Some(TypeTable::CHAR),
            (0, 0, 0, Some(Base::Float)) => Some(Scalar::F32),
            (0, 0, 0, Some(Base::Double)) => Some(Scalar::F64),
            (0, 0, 0, Some(Base::Bool)) => Some(Scalar::Bool),
            (1, 0, 0, Some(Base::Char)) | (0 | 1, 0, 0, Some(Base::Sized(1))) => pick(Scalar::I8, Scalar::U8),
            (0 | 1, 1, 0, None | Some(Base::Int)) | (0 | 1, 0, 0, Some(Base::Sized(2))) => {
                pick(Scalar::I16, Scalar::U16)
            }
            (0 | 1, 0, 0, None | Some(Base::Int | Base::Sized(4))) => pick(Scalar::I32, Scalar::U32),
            (0 | 1, 0, 1, None | Some(Base::Int)) => Some(target.long(sign)),
            (0 | 1, 0, 2, None | Some(Base::Int)) | (0 | 1, 0, 0, Some(Base::Sized(8))) => {
                pick(Scalar::I64, Scalar::U64)
            }
            (0, 0, 1, Some(Base::Double)) if target.short_long_double => Some(Scalar::F64),
            (0, 0, 1, Some(Base::Double)) => return wide(self, "`long double`", target.long_double()),
            (0 | 1, 0, 0, Some(Base::Int128)) => return wide(self, "128-bit integers", 16),
            _ => None,
        };
        scalar.map(|scalar| self.types.scalar(scalar))
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
        // The psABI's rule: as an integer of the next size, or as an array of 64-bit words.
        let extent = width.ok().and_then(|width| u64::try_from(width).ok()).map(|width| match width {
            0..=64 => {
                let size = width.div_ceil(8).max(1).next_power_of_two();
                CExtent::scalar(size)
            }
            _ => CExtent { size: 8 * width.div_ceil(64), align: 8 },
        });
        Ok(self.types.opaque("`_BitInt` cannot be passed", extent))
    }
}
