//! Numbers as text, and the bits of a scalar that they become, checked against the type's range.

use hotcall::Scalar;

use crate::text::quote::shorten;
use crate::value::error::ValueErrorKind;
use crate::value::scalar::{ScalarKind, float};

/// A number as written, before it has a type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Number<'a> {
    /// The text, because the rounding of a fraction depends on the type.
    text: &'a str,
    value: NumberValue,
}

/// The value of a number without a type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum NumberValue {
    /// Without a point or an exponent.
    Integer(i128),
    /// Any other number, also an integer beyond 128 bits; rounded.
    Float(f64),
    /// An octal number with a digit 8 or 9, as in `08`.
    NotOctal,
}

impl<'a> Number<'a> {
    /// Reads a decimal, octal (`0…`) or hexadecimal (`0x…`) integer, a decimal fraction, `NaN` or `Infinity`. Each may
    /// have a sign. C's rules distinguish octal numbers: `010` is 8, and `010.0` is 10 (C11 6.4.4.1p2, 6.4.4.2p2).
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        NumberValue::parse(text).map(|value| Self { text, value })
    }

    pub(crate) fn value(self) -> NumberValue {
        self.value
    }

    /// The number, if it is an integer without a point or an exponent.
    pub(crate) fn integer(self) -> Option<i128> {
        if let NumberValue::Integer(value) = self.value { Some(value) } else { None }
    }

    /// The number in a scalar of this type.
    pub(crate) fn to_bits(self, scalar: Scalar) -> Result<u64, ValueErrorKind> {
        match ScalarKind::of(scalar) {
            ScalarKind::F32 | ScalarKind::F64 => self.to_float_bits(scalar),
            ScalarKind::Bool => match self.to_integer()? {
                value @ (0 | 1) => Ok(value as u64),
                _ => Err(ValueErrorKind::wrong(self.text, "true, false, 1 or 0")),
            },
            ScalarKind::Signed | ScalarKind::Unsigned | ScalarKind::Text | ScalarKind::Address => {
                let value = self.to_integer()?;
                let (min, max) = scalar.range().into_inner();
                // A negative number keeps its two's complement, which is the sign extension of a slot.
                let fits = (min..=max).contains(&value).then_some(value as u64);
                fits.ok_or_else(|| ValueErrorKind::Range { given: shorten(self.text), min, max })
            }
        }
    }

    fn to_integer(self) -> Result<i128, ValueErrorKind> {
        let whole = match self.value {
            NumberValue::Integer(value) => Some(value),
            NumberValue::Float(value) if value.is_nan() => None,
            NumberValue::Float(value) if value.is_infinite() => Some(if value > 0.0 { i128::MAX } else { i128::MIN }),
            NumberValue::Float(_) => whole(self.text),
            NumberValue::NotOctal => return Err(self.not_octal()),
        };
        whole.ok_or_else(|| ValueErrorKind::Fraction { given: shorten(self.text) })
    }

    fn to_float_bits(self, scalar: Scalar) -> Result<u64, ValueErrorKind> {
        // Each conversion rounds once. A double on the way to `f32` would round a second time.
        let bits = match (self.value, scalar) {
            (NumberValue::NotOctal, _) => return Err(self.not_octal()),
            (NumberValue::Integer(value), Scalar::F32) => (value as f32).to_bits().into(),
            (NumberValue::Float(value), Scalar::F32) => self.text.parse().unwrap_or(value as f32).to_bits().into(),
            (NumberValue::Integer(value), _) => (value as f64).to_bits(),
            (NumberValue::Float(value), _) => value.to_bits(),
        };
        if float(bits, scalar).is_infinite() && !self.text.ends_with("Infinity") {
            return Err(ValueErrorKind::TooLarge { given: shorten(self.text), scalar });
        }
        Ok(bits)
    }

    fn not_octal(self) -> ValueErrorKind {
        ValueErrorKind::NotOctal { given: shorten(self.text) }
    }
}

impl NumberValue {
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
            // The number exceeds 128 bits, which is out of every type's range.
            let magnitude = i128::from_str_radix(magnitude, 8).unwrap_or(i128::MAX);
            return Some(Self::Integer(if negative { -magnitude } else { magnitude }));
        }
        // Rust also reads words for infinity, in any case. A number begins with a digit or a point.
        if !magnitude.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
            return None;
        }
        text.parse().map(Self::Integer).or_else(|_| text.parse().map(Self::Float)).ok()
    }
}

/// The exact whole number of a decimal number with a point or an exponent; `None` if it is a fraction. Saturates beyond
/// 128 bits, which is out of every type's range.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read() {
        for (text, number) in [
            ("0", NumberValue::Integer(0)),
            ("-1", NumberValue::Integer(-1)),
            ("+7", NumberValue::Integer(7)),
            ("18446744073709551615", NumberValue::Integer(u64::MAX.into())),
            ("0xff", NumberValue::Integer(255)),
            ("-0X10", NumberValue::Integer(-16)),
            ("0644", NumberValue::Integer(420)),
            ("-010", NumberValue::Integer(-8)),
            ("+007", NumberValue::Integer(7)),
            ("00", NumberValue::Integer(0)),
            ("08", NumberValue::NotOctal),
            ("-0129", NumberValue::NotOctal),
            ("08.5", NumberValue::Float(8.5)),
            ("010e1", NumberValue::Float(100.0)),
            (".5", NumberValue::Float(0.5)),
            ("1e3", NumberValue::Float(1000.0)),
            ("-1.5E-3", NumberValue::Float(-0.0015)),
            ("-Infinity", NumberValue::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(NumberValue::parse(text), Some(number), "{text}");
        }
        for text in
            ["", "-", "+", ".", "x", "1x", "0x", "0xg", "0x-1", "--1", "1 ", "inf", "infinity", "nan", "e5", "1_0"]
        {
            assert_eq!(NumberValue::parse(text), None, "{text}");
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
}
