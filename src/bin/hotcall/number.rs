//! Numbers between text and the bits of a scalar: checked against the type's range on the way in, printed as JavaScript
//! prints them on the way out.
//!
//! Bits are those of a canonical slot: integers extended to 64 bits by their type, `f32` in the low four bytes.

use hotcall::{Pointee, Scalar};
use hotcall_jit::numbers;

use crate::misfit::MisfitKind;
use crate::quote::shorten;

/// How a scalar is written and printed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Class {
    Signed,
    Unsigned,
    Bool,
    F32,
    F64,
    Text,
    /// A pointer to anything but text.
    Address,
}

impl Class {
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

/// A number as written, before it has a type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Number<'a> {
    /// How it is written, since what a fraction rounds to depends on the type.
    text: &'a str,
    value: Value,
}

/// The value of a number without a type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Value {
    /// Without a point or an exponent.
    Integer(i128),
    /// Anything else, also integers beyond 128 bits; rounded.
    Float(f64),
    /// An octal number with a digit 8 or 9, as in `08`.
    NotOctal,
}

impl<'a> Number<'a> {
    /// Reads a decimal, octal (`0…`) or hexadecimal (`0x…`) integer, a decimal fraction, or `NaN` and `Infinity`, each with a
    /// sign if any. C's rules tell octal numbers: `010` is 8, and `010.0` is 10 (C11 6.4.4.1p2, 6.4.4.2p2).
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        Value::parse(text).map(|value| Self { text, value })
    }

    pub(crate) fn value(self) -> Value {
        self.value
    }

    /// The number, if it is an integer without a point or an exponent.
    pub(crate) fn integer(self) -> Option<i128> {
        match self.value {
            Value::Integer(value) => Some(value),
            Value::Float(_) | Value::NotOctal => None,
        }
    }

    /// The number in a scalar of this type.
    pub(crate) fn to_bits(self, scalar: Scalar) -> Result<u64, MisfitKind> {
        match Class::of(scalar) {
            Class::F32 | Class::F64 => self.to_float_bits(scalar),
            Class::Bool => match self.to_integer()? {
                value @ (0 | 1) => Ok(value as u64),
                _ => Err(MisfitKind::wrong(self.text, "true, false, 1 or 0")),
            },
            Class::Signed | Class::Unsigned | Class::Text | Class::Address => {
                let value = self.to_integer()?;
                let (min, max) = range(scalar);
                // A negative number keeps its two's complement, which is the sign extension of a slot.
                let fits = (min..=max).contains(&value).then_some(value as u64);
                fits.ok_or_else(|| MisfitKind::Range { given: shorten(self.text), min, max })
            }
        }
    }

    fn to_integer(self) -> Result<i128, MisfitKind> {
        let whole = match self.value {
            Value::Integer(value) => Some(value),
            Value::Float(value) if value.is_nan() => None,
            Value::Float(value) if value.is_infinite() => Some(if value > 0.0 { i128::MAX } else { i128::MIN }),
            Value::Float(_) => whole(self.text),
            Value::NotOctal => return Err(self.not_octal()),
        };
        whole.ok_or_else(|| MisfitKind::Fraction { given: shorten(self.text) })
    }

    fn to_float_bits(self, scalar: Scalar) -> Result<u64, MisfitKind> {
        // Each way rounds once: a double on the way to `f32` would be a second time.
        let (infinite, bits) = match (self.value, scalar) {
            (Value::NotOctal, _) => return Err(self.not_octal()),
            (Value::Integer(value), Scalar::F32) => float_bits(value as f32),
            (Value::Float(value), Scalar::F32) => float_bits(self.text.parse().unwrap_or(value as f32)),
            (Value::Integer(value), _) => double_bits(value as f64),
            (Value::Float(value), _) => double_bits(value),
        };
        if infinite && !self.text.ends_with("Infinity") {
            return Err(MisfitKind::TooLarge { given: shorten(self.text), scalar });
        }
        Ok(bits)
    }

    fn not_octal(self) -> MisfitKind {
        MisfitKind::NotOctal { given: shorten(self.text) }
    }
}

/// Returns whether the value is infinite, and its bits in a slot.
fn float_bits(value: f32) -> (bool, u64) {
    (value.is_infinite(), value.to_bits().into())
}

fn double_bits(value: f64) -> (bool, u64) {
    (value.is_infinite(), value.to_bits())
}

impl Value {
    fn parse(text: &str) -> Option<Self> {
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
        if magnitude.len() > 1 && magnitude.starts_with('0') && magnitude.bytes().all(|byte| byte.is_ascii_digit()) {
            if magnitude.contains(['8', '9']) {
                return Some(Self::NotOctal);
            }
            // Beyond 128 bits: out of every type's range.
            let magnitude = i128::from_str_radix(magnitude, 8).unwrap_or(i128::MAX);
            return Some(Self::Integer(if negative { -magnitude } else { magnitude }));
        }
        // Rust reads words for infinity too, in any case; a number begins with a digit or a point.
        if !magnitude.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
            return None;
        }
        text.parse().map(Self::Integer).or_else(|_| text.parse().map(Self::Float)).ok()
    }
}

/// The whole number that a decimal number with a point or an exponent is, exactly; `None` if it is a fraction. Saturates
/// beyond 128 bits, which is out of every type's range.
fn whole(text: &str) -> Option<i128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // An exponent that is too long to be read is larger than any count of digits.
    let unread = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
    let zeros = (digits.len() - significant.len()) as i64 - decimals as i64;
    let scale = exponent.parse().unwrap_or(unread).saturating_add(zeros);
    if scale < 0 {
        return None;
    }
    let power = u32::try_from(scale).ok().and_then(|scale| 10_i128.checked_pow(scale));
    let magnitude = significant.parse::<i128>().ok().zip(power).and_then(|(digits, power)| digits.checked_mul(power));
    let magnitude = magnitude.unwrap_or(i128::MAX);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// The least and the greatest value of an integer type; an address is an unsigned integer.
fn range(scalar: Scalar) -> (i128, i128) {
    let bits = scalar.size() * 8;
    if scalar.is_signed() { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) }
}

/// The scalar as JavaScript's `String()` prints it: shortest digits that read back as the same double (an `f32` is the
/// double it stands for), 64-bit integers whole; addresses in hexadecimal, or `null`.
pub(crate) fn format(bits: u64, scalar: Scalar) -> String {
    match Class::of(scalar) {
        Class::F32 => ryu_js::Buffer::new().format(numbers::to_f64(f32::from_bits(bits as u32))).to_owned(),
        Class::F64 => ryu_js::Buffer::new().format(f64::from_bits(bits)).to_owned(),
        Class::Bool => (bits as u8 != 0).to_string(),
        Class::Text | Class::Address => match bits {
            0 => "null".to_owned(),
            address => format!("{address:#x}"),
        },
        Class::Signed => (bits as i64).to_string(),
        Class::Unsigned => bits.to_string(),
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
            ("0", Value::Integer(0)),
            ("-1", Value::Integer(-1)),
            ("+7", Value::Integer(7)),
            ("18446744073709551615", Value::Integer(u64::MAX.into())),
            ("0xff", Value::Integer(255)),
            ("-0X10", Value::Integer(-16)),
            ("0644", Value::Integer(420)),
            ("-010", Value::Integer(-8)),
            ("+007", Value::Integer(7)),
            ("00", Value::Integer(0)),
            ("08", Value::NotOctal),
            ("-0129", Value::NotOctal),
            ("08.5", Value::Float(8.5)),
            ("010e1", Value::Float(100.0)),
            (".5", Value::Float(0.5)),
            ("1e3", Value::Float(1000.0)),
            ("-1.5E-3", Value::Float(-0.0015)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(Value::parse(text), Some(number), "{text}");
        }
        for text in
            ["", "-", "+", ".", "x", "1x", "0x", "0xg", "0x-1", "--1", "1 ", "inf", "infinity", "nan", "e5", "1_0"]
        {
            assert_eq!(Value::parse(text), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers_with_a_point_or_an_exponent_are_exact() {
        for (text, number) in [
            ("0.0", Some(0)),
            ("-0e5", Some(0)),
            ("1500.00", Some(1500)),
            ("+.5e1", Some(5)),
            ("-12.5E+1", Some(-125)),
            ("1200e-2", Some(12)),
            ("9007199254740993.0", Some(9007199254740993)),
            ("1e39", Some(i128::MAX)),
            ("-1e39", Some(-i128::MAX)),
            ("1e99999999999999999999", Some(i128::MAX)),
            ("0.1", None),
            ("1200e-3", None),
            ("9007199254740992.5", None),
            ("1e-99999999999999999999", None),
        ] {
            assert_eq!(whole(text), number, "{text}");
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
