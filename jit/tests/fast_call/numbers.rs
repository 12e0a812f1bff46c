//! An oracle of numbers: the types in which they come and go, numbers near to the types' ends, and their conversions.

use hotcall_jit::{Scalar, Type};
use hotcall_testing::random::Random;

pub(crate) fn pick<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[(random.bits() % of.len() as u64) as usize].clone()
}

pub(crate) fn one_in(random: &mut Random, n: u64) -> bool {
    random.bits().is_multiple_of(n)
}

pub(crate) const INTEGERS: [Scalar; 10] = [
    Scalar::I8,
    Scalar::U8,
    Scalar::I16,
    Scalar::U16,
    Scalar::I32,
    Scalar::U32,
    Scalar::I64,
    Scalar::U64,
    Scalar::Isize,
    Scalar::Usize,
];

pub(crate) fn is_integer(scalar: Scalar) -> bool {
    INTEGERS.contains(&scalar)
}

/// A type that a scalar may come as.
pub(crate) fn native_type(random: &mut Random, c: Scalar, simple: bool) -> Scalar {
    if is_integer(c) {
        return match random.bits() % 4 {
            0 => c,
            1 if !simple || c.size() < 8 => Scalar::F64,
            2 if matches!(c, Scalar::U64 | Scalar::Usize) => Type::POINTER.as_scalar().unwrap(),
            _ => pick(random, &INTEGERS),
        };
    }
    if matches!(c, Scalar::Pointer(_)) {
        return pick(random, &[c, Scalar::U64, Scalar::Usize]);
    }
    if c.is_float() && !simple { pick(random, &[c, Scalar::F32, Scalar::F64]) } else { c }
}

/// The numbers of an integer type.
pub(crate) fn range(scalar: Scalar) -> std::ops::RangeInclusive<i128> {
    let bits = scalar.size() * 8;
    if scalar.is_signed() { -(1 << (bits - 1))..=(1 << (bits - 1)) - 1 } else { 0..=(1 << bits) - 1 }
}

/// A type that a scalar result may be returned as.
pub(crate) fn wider(random: &mut Random, c: Scalar) -> Scalar {
    let fitting =
        |native: &Scalar| range(*native).contains(range(c).start()) && range(*native).contains(range(c).end());
    if is_integer(c) {
        let fitting: Vec<_> = INTEGERS.iter().copied().filter(fitting).collect();
        return if one_in(random, 3) { c } else { pick(random, &fitting) };
    }
    if matches!(c, Scalar::Pointer(_)) {
        return pick(random, &[c, Scalar::U64, Scalar::Usize]);
    }
    if c.is_float() { pick(random, &[c, Scalar::F64]) } else { pick(random, &[&INTEGERS[..], &[c]].concat()) }
}

/// An integer near to the end of a type, or an arbitrary one.
pub(crate) fn random_integer(random: &mut Random) -> i128 {
    let of = pick(random, &INTEGERS);
    let border = if one_in(random, 2) { *range(of).start() } else { *range(of).end() };
    match random.bits() % 3 {
        0 => (random.bits() as i64 >> (random.bits() % 64)).into(),
        1 => border + i128::from(random.bits() % 3) - 1,
        _ => i128::from(random.bits() % 300) - 20,
    }
}

pub(crate) fn random_double(random: &mut Random) -> f64 {
    match random.bits() % 7 {
        // Around the least floats.
        6 => f64::from_bits(random.bits() & !(0x7ff << 52) | (870 + random.bits() % 32) << 52),
        0 => f64::from_bits(random.bits()),
        1 => f64::from_bits(random.bits() | 0x7ff0_0000_0000_0000),
        2 => pick(
            random,
            &[0.0, -0.0, 0.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MIN_POSITIVE, 5e-324, -1e-310],
        ),
        3 => random_integer(random) as f64 + 0.5,
        _ => random_integer(random) as f64,
    }
}

/// The word of an argument, as a canonical slot of its native type.
pub(crate) fn random_word(random: &mut Random, native: Scalar, c: Scalar, good: bool) -> u64 {
    loop {
        let word = if is_integer(native) {
            let number = random_integer(random);
            if !range(native).contains(&number) {
                continue;
            }
            number as u64
        } else if native == Scalar::F64 {
            random_double(random).to_bits()
        } else if native == Scalar::F32 && one_in(random, 2) {
            u64::from((random_double(random) as f32).to_bits())
        } else {
            // As many bits as the type has.
            let bits = if native == Scalar::Bool { 1 } else { native.size() * 8 };
            random.bits() >> (64 - bits)
        };
        if !good || converted(native, c, word).is_some() {
            return word;
        }
    }
}

/// The slot that an argument becomes, unless it is refused.
pub(crate) fn converted(native: Scalar, c: Scalar, word: u64) -> Option<u64> {
    let double = f64::from_bits(word);
    match (native, c) {
        (Scalar::F64, Scalar::F32) => Some((double as f32).to_bits().into()),
        (Scalar::F32, Scalar::F64) => Some(f64::from(f32::from_bits(word as u32)).to_bits()),
        (Scalar::F64, c) if is_integer(c) => {
            // The conversion saturates beyond all of the types.
            let fits = double.trunc() == double && range(c).contains(&(double as i128));
            fits.then_some(double as i128 as u64)
        }
        (native, c) if is_integer(native) && is_integer(c) => {
            let number = if native.is_signed() { (word as i64).into() } else { i128::from(word) };
            range(c).contains(&number).then_some(word)
        }
        _ => Some(word),
    }
}

/// The content of a register's bytes beyond the value's.
pub(crate) fn with_garbage(random: &mut Random, ty: &Type, word: u64) -> u64 {
    let bits = ty.as_scalar().unwrap().size() * 8;
    if bits == 64 { word } else { word & ((1 << bits) - 1) | random.bits() << bits }
}
