//! The keywords of declaration specifiers (C11 6.4.1), and those of GNU C and of Microsoft's compiler.

use super::annotation::is_note;
use super::node::quals;
use super::tag::TagKind;

/// The kind of name that a declaration declares, by its storage class (C11 6.7.1).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Storage {
    #[default]
    Symbol,
    Typedef,
    /// `static`: not visible outside of its text.
    Hidden,
    /// C23's `constexpr`.
    Constexpr,
}

/// The meaning of a keyword among specifiers.
#[derive(Clone, Copy)]
pub(super) enum Word {
    Storage(Storage),
    Qualifier(u8),
    /// It changes neither a layout nor a call.
    Harmless,
    Part(Part),
    Tag(TagKind),
    Typeof,
    BitInt,
    Atomic,
    Attribute,
    Alignas,
    /// A calling convention that is not supported.
    Call,
    /// It notes a fact that C cannot express.
    Note,
    /// A type that is not supported.
    Unsupported,
}

/// A type specifier that is a keyword (C11 6.7.2).
#[derive(Clone, Copy)]
pub(super) enum Part {
    Signed,
    Unsigned,
    Short,
    Long,
    Complex,
    Base(Base),
}

/// A keyword that is a type by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Void,
    Char,
    Int,
    /// An integer by its number of bytes, a type of Microsoft's compiler.
    Sized(u32),
    Int128,
    Float,
    Double,
    Bool,
}

/// The meaning of a word. `call` is true if a parenthesis follows.
#[rustfmt::skip]
pub(super) fn keyword(word: &str, call: bool) -> Option<Word> {
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
        "void" => Word::Part(Part::Base(Base::Void)),
        "char" => Word::Part(Part::Base(Base::Char)),
        "int" => Word::Part(Part::Base(Base::Int)),
        "float" => Word::Part(Part::Base(Base::Float)),
        "double" => Word::Part(Part::Base(Base::Double)),
        "_Bool" => Word::Part(Part::Base(Base::Bool)),
        "__int8" | "_int8" => Word::Part(Part::Base(Base::Sized(1))),
        "__int16" | "_int16" => Word::Part(Part::Base(Base::Sized(2))),
        "__int32" | "_int32" => Word::Part(Part::Base(Base::Sized(4))),
        "__int64" | "_int64" => Word::Part(Part::Base(Base::Sized(8))),
        "__int128" => Word::Part(Part::Base(Base::Int128)),
        "signed" | "__signed" | "__signed__" => Word::Part(Part::Signed),
        "unsigned" => Word::Part(Part::Unsigned),
        "short" => Word::Part(Part::Short),
        "long" => Word::Part(Part::Long),
        "_Complex" | "__complex__" | "__complex" | "_Imaginary" | "__imaginary__" => Word::Part(Part::Complex),
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
