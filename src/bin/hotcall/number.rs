//! Numbers between text and the bits of a scalar: checked against the type's range on the way in, printed as JavaScript
//! prints them on the way out.
//!
//! Bits are those of a canonical slot: integers extended to 64 bits by their type, `f32` in the low four bytes.

use hotcall::{Pointee, Scalar};

use crate::misfit::MisfitKind;

/// A number as written, before it has a type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Number {
    /// Without a point or an exponent.
    Integer(i128),
    /// Anything else, also integers beyond 128 bits.
    Float(f64),
}

impl Number {
    /// Reads a decimal or hexadecimal (`0x`) integer, a decimal fraction, or `NaN` and `Infinity`, each with a sign if any.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let magnitude = text.strip_prefix(['-', '+']).unwrap_or(text);
        let negative = text.starts_with('-');
        match magnitude {
            "NaN" => return Some(Self::Float(f64::NAN)),
            "Infinity" => return Some(Self::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY })),
            _ => {}
        }
        if let Some(digits) = magnitude.strip_prefix("0x").or(magnitude.strip_prefix("0X")) {
            let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            let magnitude = i128::from_str_radix(digits, 16).ok()?;
            return Some(Self::Integer(if negative { -magnitude } else { magnitude }));
        }
        // Rust reads words for infinity too, in any case; a number begins with a digit or a point.
        if !magnitude.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
            return None;
        }
        text.parse().map(Self::Integer).or_else(|_| text.parse().map(Self::Float)).ok()
    }

    /// The number in a scalar of this type; `given` is how it was written.
    pub(crate) fn to_bits(self, given: &str, scalar: Scalar) -> Result<u64, MisfitKind> {
        match scalar {
            Scalar::F32 | Scalar::F64 => self.to_float_bits(given, scalar),
            Scalar::Bool => match self.to_integer(given)? {
                value @ (0 | 1) => Ok(value as u64),
                _ => Err(MisfitKind::wrong(given, "true, false, 1 or 0")),
            },
            integer => {
                let value = self.to_integer(given)?;
                let (min, max) = range(integer);
                // A negative number keeps its two's complement, which is the sign extension of a slot.
                let fits = (min..=max).contains(&value).then_some(value as u64);
                fits.ok_or_else(|| MisfitKind::Range { given: given.to_owned(), min, max })
            }
        }
    }

    fn to_integer(self, given: &str) -> Result<i128, MisfitKind> {
        match self {
            Self::Integer(value) => Ok(value),
            // Saturates beyond 128 bits, which is out of every type's range.
            Self::Float(value) if value.trunc() == value => Ok(value as i128),
            Self::Float(_) => Err(MisfitKind::Fraction { given: given.to_owned() }),
        }
    }

    fn to_float_bits(self, given: &str, scalar: Scalar) -> Result<u64, MisfitKind> {
        let value = match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        };
        let (infinite, bits) = match scalar {
            Scalar::F32 => ((value as f32).is_infinite(), u64::from((value as f32).to_bits())),
            _ => (value.is_infinite(), value.to_bits()),
        };
        if infinite && !given.ends_with("Infinity") {
            return Err(MisfitKind::TooLarge { given: given.to_owned(), scalar });
        }
        Ok(bits)
    }
}

/// The least and the greatest value of an integer type; an address is an unsigned integer.
fn range(scalar: Scalar) -> (i128, i128) {
    let bits = scalar.size() * 8;
    if scalar.is_signed() { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) }
}

/// The scalar as JavaScript's `String()` prints it: shortest digits that read back as the same double (an `f32` is the
/// double it stands for), 64-bit integers whole; addresses in hexadecimal, or `null`.
pub(crate) fn format(bits: u64, scalar: Scalar) -> String {
    match scalar {
        Scalar::F32 => ryu_js::Buffer::new().format(f64::from(f32::from_bits(bits as u32))).to_owned(),
        Scalar::F64 => ryu_js::Buffer::new().format(f64::from_bits(bits)).to_owned(),
        Scalar::Bool => (bits != 0).to_string(),
        Scalar::Pointer(Pointee::Opaque | Pointee::Buffer | Pointee::Text | Pointee::Function) => match bits {
            0 => "null".to_owned(),
            address => format!("{address:#x}"),
        },
        signed if signed.is_signed() => (bits as i64).to_string(),
        _ => bits.to_string(),
    }
}

/// Reads a scalar from its bytes in memory.
pub(crate) fn load(bytes: &[u8], scalar: Scalar) -> u64 {
    let mut slot = [0; 8];
    slot[..bytes.len()].copy_from_slice(bytes);
    let unused = 64 - 8 * scalar.size();
    let bits = u64::from_le_bytes(slot);
    if scalar.is_signed() { ((bits << unused) as i64 >> unused) as u64 } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read() {
        for (text, number) in [
            ("0", Number::Integer(0)),
            ("-1", Number::Integer(-1)),
            ("+7", Number::Integer(7)),
            ("18446744073709551615", Number::Integer(u64::MAX.into())),
            ("0xff", Number::Integer(255)),
            ("-0X10", Number::Integer(-16)),
            (".5", Number::Float(0.5)),
            ("1e3", Number::Float(1000.0)),
            ("-1.5E-3", Number::Float(-0.0015)),
            ("-Infinity", Number::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(Number::parse(text), Some(number), "{text}");
        }
        for text in
            ["", "-", "+", ".", "x", "1x", "0x", "0xg", "0x-1", "--1", "1 ", "inf", "infinity", "nan", "e5", "1_0"]
        {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_are_those_of_c() {
        assert_eq!(range(Scalar::I8), (-128, 127));
        assert_eq!(range(Scalar::U32), (0, u32::MAX.into()));
        assert_eq!(range(Scalar::Isize), (i64::MIN.into(), i64::MAX.into()));
        assert_eq!(range(Scalar::Pointer(Pointee::Opaque)), (0, u64::MAX.into()));
    }

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
