//! Types that fit into one register.

use std::fmt;
use std::ops::RangeInclusive;

/// A type that fits into one register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Scalar {
    /// `int8_t`
    I8,
    /// `uint8_t`
    U8,
    /// `int16_t`
    I16,
    /// `uint16_t`
    U16,
    /// `int32_t`
    I32,
    /// `uint32_t`
    U32,
    /// `int64_t`
    I64,
    /// `uint64_t`
    U64,
    /// `intptr_t`, `ssize_t`
    Isize,
    /// `uintptr_t`, `size_t`
    Usize,
    /// `bool`: one byte, 0 or 1
    Bool,
    /// `float`
    F32,
    /// `double`
    F64,
    /// Any pointer, with the kind that decides how values are converted. [`Type::pointer`](crate::Type::pointer)
    /// returns its details.
    Pointer(Pointee),
}

/// The kind of a pointer's target, for runtimes that convert values by it. Calling conventions ignore it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Pointee {
    /// Anything (`void *`; `pointer` in Deno).
    Opaque,
    /// Bytes that the runtime owns (`buffer` in Deno).
    Buffer,
    /// Characters ending with a zero (`char *`).
    Text,
    /// Code (`int (*)(int)`; `function` in Deno).
    Function,
}

/// A type of C for characters. It is an integer type, and its values are parts of text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Character {
    /// `char`
    Char,
    /// `char8_t`: UTF-8
    Char8,
    /// `char16_t`: UTF-16
    Char16,
    /// `char32_t`: UTF-32
    Char32,
    /// `wchar_t`: UTF-32, and UTF-16 on Windows
    Wide,
}

impl Character {
    /// Returns the name in C.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Char => "char",
            Self::Char8 => "char8_t",
            Self::Char16 => "char16_t",
            Self::Char32 => "char32_t",
            Self::Wide => "wchar_t",
        }
    }

    /// Returns the integer type that it is for C code on the machine that runs this.
    pub const fn scalar(self) -> Scalar {
        let windows = cfg!(windows);
        let elf_arm = cfg!(all(target_arch = "aarch64", not(target_vendor = "apple"), not(windows)));
        match self {
            Self::Char if elf_arm || cfg!(target_arch = "riscv64") => Scalar::U8,
            Self::Char => Scalar::I8,
            Self::Char8 => Scalar::U8,
            Self::Char16 => Scalar::U16,
            Self::Char32 => Scalar::U32,
            Self::Wide if windows => Scalar::U16,
            Self::Wide if elf_arm => Scalar::U32,
            Self::Wide => Scalar::I32,
        }
    }

    /// Returns the character type of this name in C.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Char, Self::Char8, Self::Char16, Self::Char32, Self::Wide].into_iter().find(|one| one.name() == name)
    }
}

impl Scalar {
    /// Returns one type for all types that machine code converts alike. Helpers know the exact type.
    pub(crate) const fn representative(self) -> Self {
        match self {
            Self::Isize => Self::I64,
            Self::Usize => Self::U64,
            Self::Pointer(_) => Self::Pointer(Pointee::Opaque),
            Self::I8 | Self::U8 | Self::I16 | Self::U16 | Self::I32 | Self::U32 => self,
            Self::I64 | Self::U64 | Self::Bool | Self::F32 | Self::F64 => self,
        }
    }

    /// Every scalar.
    pub const ALL: &[Self] = &[
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::U64,
        Self::Isize,
        Self::Usize,
        Self::Bool,
        Self::F32,
        Self::F64,
        Self::Pointer(Pointee::Opaque),
        Self::Pointer(Pointee::Buffer),
        Self::Pointer(Pointee::Text),
        Self::Pointer(Pointee::Function),
    ];

    /// Returns its name in messages, which is Deno's name if Deno has the type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I16 => "i16",
            Self::U16 => "u16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::Isize => "isize",
            Self::Usize => "usize",
            Self::Bool => "bool",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Pointer(Pointee::Opaque) => "pointer",
            Self::Pointer(Pointee::Buffer) => "buffer",
            Self::Pointer(Pointee::Text) => "text",
            Self::Pointer(Pointee::Function) => "function",
        }
    }

    /// Returns its name in C, with `stdint.h`.
    pub const fn c_name(self) -> &'static str {
        match self {
            Self::I8 => "int8_t",
            Self::U8 => "uint8_t",
            Self::I16 => "int16_t",
            Self::U16 => "uint16_t",
            Self::I32 => "int32_t",
            Self::U32 => "uint32_t",
            Self::I64 => "int64_t",
            Self::U64 => "uint64_t",
            Self::Isize => "intptr_t",
            Self::Usize => "uintptr_t",
            Self::Bool => "_Bool",
            Self::F32 => "float",
            Self::F64 => "double",
            Self::Pointer(Pointee::Opaque | Pointee::Buffer) => "void *",
            Self::Pointer(Pointee::Text) => "char *",
            Self::Pointer(Pointee::Function) => "void (*)(void)",
        }
    }

    /// Returns the scalar of this [name](Self::name).
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scalar| scalar.name() == name)
    }

    /// Returns the size in bytes. It is also the alignment, for every scalar on every supported 64-bit target.
    pub const fn size(self) -> u32 {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::Isize | Self::Usize | Self::F64 | Self::Pointer(_) => 8,
        }
    }

    /// Returns the canonical slot of a value. Bits above the type are replaced by copies of the sign or by zeros. A
    /// `bool` is its low byte, and any byte other than 0 becomes 1.
    pub const fn canonical(self, bits: u64) -> u64 {
        match self {
            Self::I8 => bits as i8 as u64,
            Self::U8 => bits as u8 as u64,
            Self::I16 => bits as i16 as u64,
            Self::U16 => bits as u16 as u64,
            Self::I32 => bits as i32 as u64,
            Self::U32 | Self::F32 => bits as u32 as u64,
            Self::Bool => (bits as u8 != 0) as u64,
            Self::I64 | Self::U64 | Self::Isize | Self::Usize | Self::F64 | Self::Pointer(_) => bits,
        }
    }

    /// Returns true for integers. `bool` is not an integer.
    pub const fn is_integer(self) -> bool {
        match self {
            Self::I8 | Self::U8 | Self::I16 | Self::U16 | Self::I32 | Self::U32 => true,
            Self::I64 | Self::U64 | Self::Isize | Self::Usize => true,
            Self::Bool | Self::F32 | Self::F64 | Self::Pointer(_) => false,
        }
    }

    /// Returns true for `float` and `double`.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Returns true for integers with a sign.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::Isize)
    }

    /// Returns the numbers of an integer type. An address is an integer without a sign. The bits of other types count as
    /// one, too.
    pub const fn range(self) -> RangeInclusive<i128> {
        let bits = self.size() * 8;
        if self.is_signed() {
            RangeInclusive::new(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        } else {
            RangeInclusive::new(0, (1 << bits) - 1)
        }
    }

    /// Returns true if C's default argument promotions do not change it, so it may stand for a variadic argument (C11
    /// 6.5.2.2p6). They turn narrow integers into `int`, and `float` into `double`.
    pub const fn is_promoted(self) -> bool {
        self.size() >= 4 && !matches!(self, Self::F32)
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
