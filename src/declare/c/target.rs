//! The choices that C leaves to the platform: the widths and signs of its types. They follow GCC on 64-bit targets and
//! the platform's ABI documents.

use hotcall_jit::{Character, Scalar};

use super::extent::CExtent;

/// A platform's choices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct DataModel {
    /// `char` is signed, except on Arm's and RISC-V's ELF platforms.
    pub(super) signed_char: bool,
    /// `long` has four bytes, on Windows.
    pub(super) short_long: bool,
    /// The type of `wchar_t`.
    pub(super) wchar: Scalar,
    /// `long double` is `double`, on Windows with MSVC and on Apple's Arm.
    pub(super) short_long_double: bool,
    /// `int_fast16_t` and `int_fast32_t` are as wide as a register, in glibc.
    pub(super) wide_fast: bool,
    /// The alignment of `__attribute__((aligned))` without a number: the largest of any scalar.
    pub(super) max_align: u64,
    /// The size of `va_list`. Its alignment is 8.
    pub(super) va_list: u64,
    /// Enumerations are `int` for all values, on Windows.
    pub(super) int_enums: bool,
}

impl Default for DataModel {
    /// The data model of C code on the machine that runs this.
    fn default() -> Self {
        let windows = cfg!(windows);
        let apple = cfg!(target_vendor = "apple");
        let arm = cfg!(target_arch = "aarch64");
        let elf_arm = arm && !apple && !windows;
        Self {
            signed_char: matches!(Character::Char.scalar(), Scalar::I8),
            short_long: windows,
            wchar: Character::Wide.scalar(),
            short_long_double: cfg!(target_env = "msvc") || apple && arm,
            wide_fast: cfg!(all(target_os = "linux", not(target_env = "musl"))),
            max_align: 16,
            va_list: if cfg!(target_arch = "x86_64") && !windows {
                24
            } else if elf_arm {
                32
            } else {
                8
            },
            int_enums: windows,
        }
    }
}

impl DataModel {
    pub(super) const fn char(self) -> Scalar {
        integer(1, self.signed_char)
    }

    pub(super) const fn long(self, signed: bool) -> Scalar {
        integer(if self.short_long { 4 } else { 8 }, signed)
    }

    /// The size of `long double`, which is also its alignment.
    pub(super) const fn long_double(self) -> u64 {
        if self.short_long_double { 8 } else { 16 }
    }

    /// The type of a name that is known without a declaration.
    pub(super) fn known(self, name: &str) -> Option<KnownType> {
        let fast = |narrow, wide| if self.wide_fast { wide } else { narrow };
        let scalar = match name {
            "int8_t" | "int_least8_t" | "int_fast8_t" | "__int8_t" => Scalar::I8,
            "uint8_t" | "uint_least8_t" | "uint_fast8_t" | "__uint8_t" | "u_int8_t" | "u_char" | "char8_t" => {
                Scalar::U8
            }
            "int16_t" | "int_least16_t" | "__int16_t" => Scalar::I16,
            "uint16_t" | "uint_least16_t" | "__uint16_t" | "u_int16_t" | "u_short" | "ushort" | "char16_t" => {
                Scalar::U16
            }
            "int32_t" | "int_least32_t" | "__int32_t" | "pid_t" | "key_t" | "clockid_t" | "daddr_t" => Scalar::I32,
            "uint32_t" | "uint_least32_t" | "__uint32_t" | "u_int32_t" | "u_int" | "uint" | "char32_t" => Scalar::U32,
            "wint_t" | "uid_t" | "gid_t" | "id_t" | "mode_t" | "socklen_t" | "useconds_t" => Scalar::U32,
            "int64_t" | "int_least64_t" | "int_fast64_t" | "intmax_t" | "__int64_t" | "off64_t" | "loff_t"
            | "quad_t" => Scalar::I64,
            "uint64_t" | "uint_least64_t" | "uint_fast64_t" | "uintmax_t" | "__uint64_t" | "u_int64_t" | "u_quad_t" => {
                Scalar::U64
            }
            "int_fast16_t" => fast(Scalar::I16, Scalar::I64),
            "uint_fast16_t" => fast(Scalar::U16, Scalar::U64),
            "int_fast32_t" => fast(Scalar::I32, Scalar::I64),
            "uint_fast32_t" => fast(Scalar::U32, Scalar::U64),
            "size_t" | "rsize_t" | "uintptr_t" => Scalar::Usize,
            "ssize_t" | "ptrdiff_t" | "intptr_t" => Scalar::Isize,
            "time_t" | "suseconds_t" => Scalar::I64,
            "clock_t" => self.long(true),
            "off_t" | "blkcnt_t" | "register_t" => self.long(true),
            "ulong" | "u_long" => self.long(false),
            "dev_t" | "ino_t" if !self.short_long => Scalar::U64,
            // These have four bytes on Arm, and so are not known there.
            "nlink_t" if cfg!(target_arch = "x86_64") && !self.short_long => Scalar::U64,
            "blksize_t" if cfg!(target_arch = "x86_64") && !self.short_long => Scalar::I64,
            "fsblkcnt_t" | "fsfilcnt_t" if !self.short_long => Scalar::U64,
            "wchar_t" => self.wchar,
            "bool" => Scalar::Bool,
            "caddr_t" => return Some(KnownType::Text),
            "timer_t" => return Some(KnownType::Pointer),
            "_Float32" | "float_t" => Scalar::F32,
            "_Float64" | "_Float32x" | "double_t" => Scalar::F64,
            "nullptr_t" => return Some(KnownType::Pointer),
            "FILE" | "DIR" => return Some(KnownType::Opaque),
            "va_list" | "__builtin_va_list" | "__gnuc_va_list" => {
                return Some(KnownType::Unsupported(
                    "lists of variadic arguments",
                    Some(CExtent { size: self.va_list, align: 8 }),
                ));
            }
            "__int128_t" | "__uint128_t" => {
                return Some(KnownType::Unsupported("128-bit integers", Some(CExtent::scalar(16))));
            }
            "_Float64x" | "_Float128" | "__float128" | "__float80" | "__ibm128" | "_Float128x" => {
                return Some(KnownType::Unsupported(
                    "floating-point types wider than double",
                    Some(CExtent::scalar(16)),
                ));
            }
            "_Float16" | "__fp16" | "__bf16" => {
                return Some(KnownType::Unsupported("this type", Some(CExtent::scalar(2))));
            }
            "_Decimal32" => return Some(KnownType::Unsupported("this type", Some(CExtent::scalar(4)))),
            "_Decimal64" => return Some(KnownType::Unsupported("this type", Some(CExtent::scalar(8)))),
            "_Decimal128" => return Some(KnownType::Unsupported("this type", Some(CExtent::scalar(16)))),
            "max_align_t" => return Some(KnownType::Unsupported("this type", None)),
            _ => return None,
        };
        Some(KnownType::Scalar(scalar))
    }
}

/// The integer type with a number of bytes.
pub(super) const fn integer(size: u32, signed: bool) -> Scalar {
    match (size, signed) {
        (1, true) => Scalar::I8,
        (1, false) => Scalar::U8,
        (2, true) => Scalar::I16,
        (2, false) => Scalar::U16,
        (4, true) => Scalar::I32,
        (4, false) => Scalar::U32,
        (_, true) => Scalar::I64,
        (_, false) => Scalar::U64,
    }
}

/// The meaning of a known name.
pub(super) enum KnownType {
    Scalar(Scalar),
    /// `char *`
    Text,
    /// `void *`
    Pointer,
    /// A type that is used behind pointers only.
    Opaque,
    /// A type that cannot be passed: the reason, and its extent.
    Unsupported(&'static str, Option<CExtent>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_its_c_compiler_says() {
        let host = DataModel::default();
        assert_eq!(host.long(true).size() as usize, size_of::<std::ffi::c_long>());
        assert_eq!(host.signed_char, std::ffi::c_char::MIN != 0);
    }
}
