//! The bits of scalars: their kinds, their bytes in memory, and their printed form.
//!
//! Bits are those of a canonical slot: integers extended to 64 bits by their type, `f32` in the low four bytes.

use hotcall::{Pointee, Scalar};
use hotcall_jit::numbers;

/// The form in which a scalar is written and printed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum ScalarKind {
    Signed,
    Unsigned,
    Bool,
    F32,
    F64,
    Text,
    /// A pointer to anything but text.
    Address,
}

impl ScalarKind {
    pub(crate) fn of(scalar: Scalar) -> Self {
        match scalar {
            Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 | Scalar::Isize => Self::Signed,
            Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 | Scalar::Usize => Self::Unsigned,
            Scalar::Bool => Self::Bool,
            Scalar::F32 => Self::F32,
            Scalar::F64 => Self::F64,
            Scalar::Pointer(Pointee::Text) => Self::Text,
            Scalar::Pointer(_) => Self::Address,
            _ => unreachable!("this program and the list of scalars are of one package"),
        }
    }
}

/// The name of a value of this type in a message.
pub(crate) fn expected(scalar: Scalar) -> &'static str {
    match ScalarKind::of(scalar) {
        ScalarKind::Bool => "true or false",
        ScalarKind::Text => "a text or null",
        ScalarKind::Address => "an address or null",
        ScalarKind::Signed | ScalarKind::Unsigned | ScalarKind::F32 | ScalarKind::F64 => "a number",
    }
}

/// The scalar as JavaScript's `String()` prints it. A number has the shortest digits that read back as an equal double;
/// an `f32` is the double of its value. 64-bit integers are printed whole, addresses in hexadecimal or as `null`.
pub(crate) fn format(bits: u64, scalar: Scalar) -> String {
    match ScalarKind::of(scalar) {
        ScalarKind::F32 | ScalarKind::F64 => ryu_js::Buffer::new().format(float(bits, scalar)).to_owned(),
        ScalarKind::Bool => (bits as u8 != 0).to_string(),
        ScalarKind::Text | ScalarKind::Address => match bits {
            0 => "null".to_owned(),
            address => format!("{address:#x}"),
        },
        ScalarKind::Signed => (bits as i64).to_string(),
        ScalarKind::Unsigned => bits.to_string(),
    }
}

/// The value of a floating-point scalar.
pub(crate) fn float(bits: u64, scalar: Scalar) -> f64 {
    if scalar == Scalar::F32 { numbers::to_f64(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) }
}

/// Reads a scalar from its bytes in memory.
pub(crate) fn load(bytes: &[u8], scalar: Scalar) -> u64 {
    let mut slot = [0; 8];
    slot[..bytes.len()].copy_from_slice(bytes);
    let unused = 64 - 8 * scalar.size();
    let bits = u64::from_le_bytes(slot);
    if scalar.is_signed() { ((bits << unused) as i64 >> unused) as u64 } else { bits }
}

/// Writes a scalar to its bytes in memory.
pub(crate) fn store(bits: u64, bytes: &mut [u8]) {
    bytes.copy_from_slice(&bits.to_le_bytes()[..bytes.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_integers_are_extended_by_their_sign() {
        assert_eq!(load(&[0xfe], Scalar::I8), -2_i64 as u64);
        assert_eq!(load(&[0xfe], Scalar::U8), 254);
        assert_eq!(format(load(&i64::MIN.to_le_bytes(), Scalar::I64), Scalar::I64), "-9223372036854775808");
    }

    #[test]
    fn floats_print_as_javascript_prints_them() {
        for (value, text) in [
            (0.1, "0.1"),
            (-0.0, "0"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (123456789012345680000.0, "123456789012345680000"),
        ] {
            assert_eq!(format(f64::to_bits(value), Scalar::F64), text);
        }
        assert_eq!(format(0.1_f32.to_bits().into(), Scalar::F32), "0.10000000149011612");
    }
}
