//! Numbers and character constants (C11 6.4.4, with C23's binary numbers and separators).

use hotcall_jit::Scalar;

use super::constant::Number;
use super::target::{self, DataModel};

/// A number's value and type; `None` if it is not a number of C.
pub(super) fn number(text: &str, target: DataModel) -> Option<(Number, Scalar)> {
    let text = text.replace('\'', "").to_ascii_lowercase();
    let hex = text.starts_with("0x");
    let floating = if hex { text.contains(['p', '.']) } else { text.contains(['.', 'e']) };
    if floating { float(&text, hex) } else { integer(&text, target) }
}

/// An integer constant (C11 6.4.4.1).
fn integer(text: &str, target: DataModel) -> Option<(Number, Scalar)> {
    let (digits, suffix) = text.split_at(text.trim_end_matches(['u', 'l']).len());
    let (unsigned, longs) = match suffix {
        "" => (false, 0),
        "u" => (true, 0),
        "l" => (false, 1),
        "ul" | "lu" => (true, 1),
        "ll" => (false, 2),
        "ull" | "llu" => (true, 2),
        _ => return None,
    };
    let (digits, radix) = if let Some(hex) = digits.strip_prefix("0x") {
        (hex, 16)
    } else if let Some(bits) = digits.strip_prefix("0b") {
        (bits, 2)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (&digits[1..], 8)
    } else {
        (digits, 10)
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    let wide = longs == 2 || longs == 1 && !target.short_long;
    let narrow_max = if unsigned || radix != 10 { u32::MAX.into() } else { i32::MAX as u64 };
    let wide = wide || value > narrow_max;
    let signed_max = if wide { i64::MAX as u64 } else { i32::MAX as u64 };
    Some((Number::Int(value.into()), target::integer(if wide { 8 } else { 4 }, !unsigned && value <= signed_max)))
}

/// A floating constant (C11 6.4.4.2). A `long double` one has no type here.
fn float(text: &str, hex: bool) -> Option<(Number, Scalar)> {
    let (digits, scalar) = match text.strip_suffix('f') {
        Some(digits) if !hex || text.contains('p') => (digits, Scalar::F32),
        _ => (text, Scalar::F64),
    };
    let value = if hex { hexadecimal(digits.strip_prefix("0x")?)? } else { decimal(digits)? };
    let value = if scalar == Scalar::F32 { f64::from(value as f32) } else { value };
    Some((Number::Float(value), scalar))
}

fn decimal(digits: &str) -> Option<f64> {
    digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-')).then(|| digits.parse().ok())?
}

/// Digits and an exponent of 2. Values with more than 64 significant bits are not read, because they need rounding.
fn hexadecimal(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = digits.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let bits = u64::from_str_radix(&format!("0{whole}{fraction}"), 16).ok()?;
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    // Two steps, because the power alone may leave the range.
    Some(bits as f64 * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2))
}

/// A character constant (C11 6.4.4.4): its value and type.
pub(super) fn character(text: &str, target: DataModel) -> Option<(i128, Scalar)> {
    let (prefix, quoted) = text.split_once('\'')?;
    let mut rest = quoted.strip_suffix('\'')?;
    let mut codes = Vec::new();
    while !rest.is_empty() {
        let (code, len) = code(rest)?;
        codes.push(code);
        rest = &rest[len..];
    }
    let scalar = match prefix {
        // Without a prefix, a character outside of ASCII has several bytes.
        "" if !text.is_ascii() => return None,
        "" => return plain(&codes, target).map(|value| (value, Scalar::I32)),
        "L" => target.wchar,
        "u" => Scalar::U16,
        "U" => Scalar::U32,
        _ => Scalar::U8,
    };
    let [code] = codes[..] else { return None };
    (u64::from(code) < 1 << (8 * scalar.size())).then(|| (code.into(), scalar))
}

/// A constant without a prefix. With several characters it has GCC's value.
fn plain(codes: &[u32], target: DataModel) -> Option<i128> {
    match codes {
        [] => None,
        _ if codes.len() > 4 || codes.iter().any(|&code| code > 0xff) => None,
        &[code] if target.signed_char => Some((code as u8 as i8).into()),
        _ => Some((codes.iter().fold(0, |value, &code| value << 8 | code) as i32).into()),
    }
}

/// Appends the bytes of a string literal's contents (C11 6.4.5).
pub(super) fn string(mut text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    while let Some(first) = text.chars().next() {
        let (code, len) = code(text)?;
        match u8::try_from(code) {
            Ok(byte) if first == '\\' || first.is_ascii() => bytes.push(byte),
            _ if first == '\\' => return None,
            _ => bytes.extend_from_slice(&text.as_bytes()[..len]),
        }
        text = &text[len..];
    }
    Some(())
}

/// The first character of a constant, and its length in the text.
fn code(text: &str) -> Option<(u32, usize)> {
    let Some(escape) = text.strip_prefix('\\') else {
        let first = text.chars().next()?;
        return Some((first.into(), first.len_utf8()));
    };
    let digits = |text: &str, radix, most| text.chars().take(most).take_while(|c| c.is_digit(radix)).count();
    Some(match escape.as_bytes().first()? {
        b'x' => {
            let len = digits(&escape[1..], 16, 9);
            (u32::from_str_radix(&escape[1..1 + len], 16).ok()?, len + 2)
        }
        b'0'..=b'7' => {
            let len = digits(escape, 8, 3);
            (u32::from_str_radix(&escape[..len], 8).ok()?, len + 1)
        }
        b'n' => (10, 2),
        b't' => (9, 2),
        b'r' => (13, 2),
        b'a' => (7, 2),
        b'b' => (8, 2),
        b'f' => (12, 2),
        b'v' => (11, 2),
        b'e' => (27, 2),
        &other @ (b'\\' | b'\'' | b'"' | b'?') => (other.into(), 2),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> DataModel {
        DataModel { signed_char: true, short_long: false, wchar: Scalar::I32, ..DataModel::default() }
    }

    #[test]
    fn integers_have_values_and_types() {
        for (text, value, scalar) in [
            ("10", 10, Scalar::I32),
            ("0x80000000", 0x8000_0000, Scalar::U32),
            ("2147483648", 2_147_483_648, Scalar::I64),
            ("017u", 15, Scalar::U32),
            ("0b101L", 5, Scalar::I64),
            ("0", 0, Scalar::I32),
            ("1'000'000", 1_000_000, Scalar::I32),
            ("0xE", 14, Scalar::I32),
            ("18446744073709551615", u64::MAX.into(), Scalar::U64),
        ] {
            assert_eq!(number(text, target()), Some((Number::Int(value), scalar)), "{text}");
        }
        for text in ["08", "0x", "1lul", "99999999999999999999", "1e", "0x1.8", "1.5.2", "1.0l", "++1", ""] {
            assert_eq!(number(text, target()), None, "{text}");
        }
    }

    #[test]
    fn floats_have_values_and_types() {
        for (text, value, scalar) in [
            ("1.5", 1.5, Scalar::F64),
            (".25f", 0.25, Scalar::F32),
            ("1e3", 1000.0, Scalar::F64),
            ("2.E-1", 0.2, Scalar::F64),
            ("0.1f", 0.1_f32.into(), Scalar::F32),
            ("0x1.8p1", 3.0, Scalar::F64),
            ("0x1p-1074", 5e-324, Scalar::F64),
            ("0x.fp4f", 15.0, Scalar::F32),
        ] {
            assert_eq!(number(text, target()), Some((Number::Float(value), scalar)), "{text}");
        }
    }

    #[test]
    fn characters_have_values() {
        for (text, value) in [
            ("'a'", 97),
            ("'\\n'", 10),
            ("'\\0'", 0),
            ("'\\xff'", -1),
            ("L'é'", 233),
            ("'\\''", 39),
            ("'ab'", 0x6162),
            ("'\\377abc'", 0xff61_6263_u32 as i32 as i128),
            ("U'\\x1F600'", 0x1f600),
        ] {
            assert_eq!(character(text, target()).map(|(value, _)| value), Some(value), "{text}");
        }
        let unsigned = DataModel { signed_char: false, ..target() };
        assert_eq!(character("'\\xff'", unsigned), Some((255, Scalar::I32)));
        for text in ["'abcde'", "''", "'\\x'", "'é'", "u'ab'", "u'\\x10000'"] {
            assert_eq!(character(text, target()), None, "{text}");
        }
    }
}
