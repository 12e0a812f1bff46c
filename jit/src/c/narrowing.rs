//! The checks of integers for narrower types: one table, which all code generators read.

use crate::c::scalar::Scalar;

/// The checks that refuse integers which a type cannot hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Narrowing {
    /// The word must equal the sign extension of its low bits, of which there are this many.
    pub(crate) signed: Option<u32>,
    /// The word must equal the zero extension of its low bits, of which there are this many.
    pub(crate) unsigned: Option<u32>,
    /// The word must not be negative as a signed integer of 64 bits.
    pub(crate) not_negative: bool,
}

impl Narrowing {
    /// Returns the checks from an integer, extended to 64 bits by its type, to another type. `None` if all integers
    /// fit.
    pub(crate) fn between(native: Scalar, c: Scalar) -> Option<Self> {
        let bits = |scalar: Scalar| scalar.size() * 8;
        let narrowing = if c.is_signed() {
            let fits = bits(native) < bits(c) || native.is_signed() && bits(native) == bits(c);
            // A native integer without a sign may have the highest bit set.
            let huge = !native.is_signed() && native.size() == 8;
            Self { signed: (c.size() < 8 && !fits).then(|| bits(c)), unsigned: None, not_negative: huge }
        } else {
            let fits = bits(native) <= bits(c);
            Self { signed: None, unsigned: (!fits).then(|| bits(c)), not_negative: fits && native.is_signed() }
        };
        (narrowing != Self { signed: None, unsigned: None, not_negative: false }).then_some(narrowing)
    }

    /// Returns the checks from signed integers of `native` bits.
    pub(crate) fn from_bits(native: u32, c: Scalar) -> Option<Self> {
        // Chooses the smallest type that can hold all of them.
        let native = [Scalar::I8, Scalar::I16, Scalar::I32].into_iter().find(|scalar| native <= scalar.size() * 8);
        Self::between(native.unwrap_or(Scalar::I64), c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGERS: [Scalar; 8] =
        [Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::I32, Scalar::U32, Scalar::I64, Scalar::U64];

    /// Returns true if the word passes the checks.
    fn holds(narrowing: Narrowing, word: u64) -> bool {
        let signed = |bits: u32| (word << (64 - bits)) as i64 >> (64 - bits) == word as i64;
        let unsigned = |bits: u32| word >> bits == 0;
        narrowing.signed.is_none_or(signed)
            && narrowing.unsigned.is_none_or(unsigned)
            && !(narrowing.not_negative && (word as i64) < 0)
    }

    /// Returns the number that a canonical word of this type stands for.
    fn number(scalar: Scalar, word: u64) -> i128 {
        if scalar.is_signed() { (word as i64).into() } else { word.into() }
    }

    #[test]
    fn integers_are_taken_that_the_type_has_room_for() {
        for (native, c) in INTEGERS.iter().flat_map(|native| INTEGERS.iter().map(move |c| (*native, *c))) {
            let borders = INTEGERS.iter().flat_map(|scalar| [*scalar.range().start(), *scalar.range().end()]);
            let numbers = borders.flat_map(|border| [border - 1, border, border + 1]).chain([0, 42, -42]);
            for number_in in numbers.filter(|number| native.range().contains(number)) {
                let word = number_in as u64;
                assert_eq!(number(native, word), number_in);
                let taken = Narrowing::between(native, c).is_none_or(|narrowing| holds(narrowing, word));
                assert_eq!(taken, c.range().contains(&number_in), "{number_in} from {native} to {c}");
            }
        }
    }
}
