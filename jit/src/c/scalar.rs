//! Types that a register holds whole.

use std::fmt;

/// A type that a register holds whole.
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
    /// Any pointer, with what decides how values are converted; [`Type::pointer`](crate::Type::pointer) has the rest.
    Pointer(Pointee),
}

/// The kind of a pointer's target, as far as a runtime converts values by it. No calling convention cares.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Pointee {
    /// Anything (`void *`; Deno's `pointer`).
    Opaque,
    /// Bytes that the runtime owns (Deno's `buffer`).
    Buffer,
    /// Characters ending with a zero (`char *`).
    Text,
    /// Code (`int (*)(int)`; Deno's `function`).
    Function,
}

impl Scalar {
    /// The type for all that are converted the same way in machine code. Helpers know the difference by themselves.
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

    /// Its name in messages, which is Deno's name where Deno has the type.
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

    /// Its name in C, with `stdint.h`.
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

    /// The scalar of this [name](Self::name).
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scalar| scalar.name() == name)
    }

    /// The size in bytes, which is also the alignment: so it is for every scalar on every 64-bit target supported.
    pub const fn size(self) -> u32 {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::Isize | Self::Usize | Self::F64 | Self::Pointer(_) => 8,
        }
    }

    /// The bits of a value in a slot: those that the type does not have are dropped, and the sign or zeros stand there. A `bool`
    /// is its low byte, of which any other than 0 becomes 1.
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

    /// Returns true for integers, which `bool` is not.
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

    /// Returns true if C's default argument promotions do not change it, so that it may stand for a variadic argument (C11
    /// 6.5.2.2p6: narrow integers become `int`, `float` becomes `double`).
    pub const fn is_promoted(self) -> bool {
        self.size() >= 4 && !matches!(self, Self::F32)
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
