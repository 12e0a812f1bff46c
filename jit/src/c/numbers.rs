//! Conversions of numbers that do not depend on how a thread treats denormal numbers and exceptions.
//!
//! A library compiled with `-ffast-math` may set FTZ and DAZ: denormal numbers count as 0. A program may unmask
//! exceptions (`feenableexcept`). Neither concerns integer instructions, so these functions look at the bits of
//! numbers:
//!
//! * A conversion between `float` and `double` does not depend on FTZ and DAZ. An inexact `float` is rounded in the
//!   thread's rounding mode, and signals the exceptions that it signals in C. So does a signalling NaN.
//! * Converting a `double` to an integer does not signal any exception.
//!
//! Compiled code (`codegen/numbers.rs`) follows these rules with one exception. A number with a fraction may signal
//! FE_INEXACT before it is refused for an integer.

/// The sign of a double.
const SIGN: u64 = 1 << 63;

/// The bits of a double's fraction.
const FRACTION: u64 = (1 << FRACTION_BITS) - 1;
const FRACTION_BITS: u32 = 52;

/// The difference between a double's exponent field and the exponent of its last bit.
const BIAS: i32 = 1023 + FRACTION_BITS as i32;

/// The bits of 2 to the power of `exponent`, as a double.
pub(crate) const fn power(exponent: i32) -> u64 {
    ((exponent + 1023) as u64) << FRACTION_BITS
}

/// The exponent of the least positive `float`, the unit of denormal floats.
pub(crate) const FLOAT_UNIT: i32 = -149;

/// The bits of the least `float` that is not denormal, as a double.
pub(crate) const NORMAL_FLOAT: u64 = power(-126);

/// The bits of the least double that is not denormal.
pub(crate) const NORMAL_DOUBLE: u64 = power(-1022);

/// The bits of a double whose last bit is the unit of denormal floats. Adding it rounds a tiny double to that unit.
pub(crate) const FLOAT_ROUNDER: u64 = power(FLOAT_UNIT + FRACTION_BITS as i32);

/// The bits of an infinite double. Without the sign, the bits of NaNs are greater.
pub(crate) const INFINITE: u64 = power(1024);

/// Returns the bits of the number without its sign.
const fn magnitude(number: f64) -> u64 {
    number.to_bits() & !SIGN
}

/// Returns true for NaNs.
pub const fn is_nan(number: f64) -> bool {
    magnitude(number) > INFINITE
}

/// Converts a double to an integer. `None` if it has a fraction, is infinite or is a NaN. Integers beyond ±2¹²⁶ become
/// the greatest or the least `i128`, which no C type can hold.
pub const fn whole(number: f64) -> Option<i128> {
    let magnitude = magnitude(number);
    if magnitude == 0 {
        return Some(0);
    }
    let mantissa = magnitude & FRACTION | 1 << FRACTION_BITS;
    // The exponent of the mantissa's last bit. Denormal numbers have a far lower one.
    let exponent = (magnitude >> FRACTION_BITS) as i32 - BIAS;
    let size = match exponent {
        0..=73 => (mantissa as i128) << exponent,
        -52..=-1 if mantissa.trailing_zeros() >= exponent.unsigned_abs() => (mantissa >> -exponent) as i128,
        74.. if magnitude < INFINITE => i128::MAX,
        _ => return None,
    };
    Some(if number.to_bits() & SIGN == 0 {
        size
    } else if size == i128::MAX {
        i128::MIN
    } else {
        -size
    })
}

/// Converts a double to a `float`, in the thread's rounding mode.
#[expect(clippy::inline_always, reason = "the common case is three instructions")]
#[inline(always)]
pub fn to_f32(number: f64) -> f32 {
    // Subtracting 1 makes 0 the greatest number: 0 is common, and its conversion is exact.
    if magnitude(number).wrapping_sub(1) < NORMAL_FLOAT - 1 { to_tiny_f32(number) } else { number as f32 }
}

/// Converts a double that is not 0, and smaller than all floats except the denormal ones. The sum is not denormal, so
/// FTZ does not apply to it.
#[cold]
#[inline(never)]
fn to_tiny_f32(number: f64) -> f32 {
    let sign = number.to_bits() & SIGN;
    // With DAZ a denormal double would count as 0, which no mode rounds up. So the least normal double replaces it,
    // which rounds as all denormal ones do.
    let number = f64::from_bits(magnitude(number).max(NORMAL_DOUBLE) | sign);
    let sum = (number + f64::from_bits(FLOAT_ROUNDER | sign)).to_bits();
    f32::from_bits((sign >> 32) as u32 | sum as u32)
}

/// Converts a `float` to a double.
#[expect(clippy::inline_always, reason = "the common case is three instructions")]
#[inline(always)]
pub fn to_f64(number: f32) -> f64 {
    let bits = number.to_bits();
    let sign = bits & 1 << 31;
    let magnitude = bits ^ sign;
    // A denormal float is a small multiple of the unit. It is not denormal as a double.
    if magnitude < f32::MIN_POSITIVE.to_bits() {
        let size = f64::from(magnitude) * f64::from_bits(power(FLOAT_UNIT));
        return f64::from_bits(u64::from(sign) << 32 | size.to_bits());
    }
    number.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns powers of two and their neighbours, with either sign.
    fn doubles() -> Vec<f64> {
        let powers = (-1022..1024).map(power).chain((0..52).map(|bit| 1 << bit)).map(f64::from_bits);
        let borders =
            powers.flat_map(|power| [power, power.next_down(), power.next_up(), power * 1.5, power + 1.0, power + 0.5]);
        let others = [0.0, f64::INFINITY, f64::NAN, f64::MAX, 1e-40, 1e-45, 7e-46, 1e23];
        borders.chain(others).flat_map(|number| [number, -number]).collect()
    }

    #[test]
    fn whole_numbers_are_those_that_have_no_fraction() {
        for number in doubles() {
            let expected = (number.is_finite() && number.trunc() == number).then_some(number as i128);
            let found = whole(number);
            if number.abs() < 2_f64.powi(126) || expected.is_none() {
                assert_eq!(found, expected, "{number:e}");
            } else {
                assert_eq!(found, Some(if number > 0.0 { i128::MAX } else { i128::MIN }), "{number:e}");
            }
        }
    }

    #[test]
    fn nan_is_no_number() {
        for number in doubles() {
            assert_eq!(is_nan(number), number.is_nan(), "{number:e}");
        }
        assert!(is_nan(f64::from_bits(INFINITE | 1)) && is_nan(-f64::NAN));
    }

    #[test]
    fn floats_are_what_the_language_says() {
        for number in doubles() {
            assert_eq!(to_f32(number).to_bits(), (number as f32).to_bits(), "{number:e}");
            let float = number as f32;
            assert_eq!(to_f64(float).to_bits(), f64::from(float).to_bits(), "{float:e}");
        }
        for bits in (0..=u32::MAX).step_by(4099) {
            let float = f32::from_bits(bits);
            if !float.is_nan() {
                assert_eq!(to_f64(float).to_bits(), f64::from(float).to_bits(), "{bits:#x}");
                assert_eq!(to_f32(to_f64(float)).to_bits(), bits);
            }
        }
    }
}
