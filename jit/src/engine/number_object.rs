//! Numbers that are objects: doubles with memory of their own, and integers of any size.
//!
//! Fast calls and engine values share this description. The functions here read objects by the rules that machine code
//! uses.

use std::convert::Infallible;

use crate::engine::object::{Check, Path, load_bytes};

/// The kinds of numbers that are objects.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub struct NumberObjects {
    /// Numbers: all types except booleans and pointers accept those that they can hold.
    pub double: Option<DoubleObject>,
    /// Integers of any size, such as BigInts. Types of 64 bits accept their low 64 bits, all others none.
    pub wide: Option<WideObject>,
}

/// Objects that hold a `double`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct DoubleObject {
    /// The check that holds for these objects alone.
    pub check: Check,
    /// The field that holds the number.
    pub at: Path,
}

/// Objects that hold the magnitude of an integer as digits of 64 bits, the lowest first, and its sign.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct WideObject {
    /// The check that holds for these objects alone.
    pub check: Check,
    /// The field of 4 bytes that holds the sign and the number of digits.
    pub bits: Path,
    /// The bits of this field that are not 0 for negative integers.
    pub sign: u32,
    /// The bits of this field that are not 0 if there are digits. The integer without digits is 0.
    pub length: u32,
    /// The lowest digit.
    pub digits: Path,
}

impl NumberObjects {
    /// Makes a description of objects that hold a `double`.
    pub fn new(double: impl Into<Option<DoubleObject>>) -> Self {
        Self { double: double.into(), wide: None }
    }

    /// Sets the integers of any size.
    pub fn wide(self, wide: impl Into<Option<WideObject>>) -> Self {
        Self { wide: wide.into(), ..self }
    }

    /// Returns true if machine code can read all fields.
    pub(crate) fn is_consistent(&self) -> bool {
        self.double.as_ref().is_none_or(DoubleObject::is_consistent)
            && self.wide.as_ref().is_none_or(WideObject::is_consistent)
    }
}

impl DoubleObject {
    /// Makes a kind of objects with the number in this field.
    pub const fn new(check: Check, at: Path) -> Self {
        Self { check, at }
    }

    fn is_consistent(&self) -> bool {
        self.check.is_consistent() && !self.at.0.is_empty()
    }

    /// Returns the number of an object, if it is one of these.
    ///
    /// # Safety
    ///
    /// The word belongs to an object, which the description fits.
    pub(crate) unsafe fn get(&self, word: u64) -> Option<f64> {
        // SAFETY: the caller promises an object, and that the fields of such an object can be read.
        let load = |at, len| Ok::<_, Infallible>(unsafe { load_bytes(at, len) });
        let Ok(holds) = self.check.holds(word, &load);
        if !holds {
            return None;
        }
        let Ok(bits) = self.at.load(word, 8, &load);
        Some(f64::from_bits(bits))
    }
}

impl WideObject {
    /// Makes a kind of objects with the sign and the number of digits in the bits of a field of 4 bytes.
    pub const fn new(check: Check, bits: Path, [sign, length]: [u32; 2], digits: Path) -> Self {
        Self { check, bits, sign, length, digits }
    }

    fn is_consistent(&self) -> bool {
        let Self { check, bits, sign, length, digits } = self;
        let has_bits = *sign != 0 && *length != 0 && sign & length == 0;
        check.is_consistent() && has_bits && !bits.0.is_empty() && !digits.0.is_empty()
    }

    /// Returns the low 64 bits of an object's integer, if it is one of these.
    ///
    /// # Safety
    ///
    /// The word belongs to an object, which the description fits.
    pub(crate) unsafe fn get(&self, word: u64) -> Option<u64> {
        // SAFETY: the caller promises an object, and that the fields of such an object can be read.
        let load = |at, len| Ok::<_, Infallible>(unsafe { load_bytes(at, len) });
        let Ok(holds) = self.check.holds(word, &load);
        if !holds {
            return None;
        }
        let Ok(bits) = self.bits.load(word, 4, &load);
        if bits & u64::from(self.length) == 0 {
            return Some(0);
        }
        let Ok(digit) = self.digits.load(word, 8, &load);
        Some(if bits & u64::from(self.sign) == 0 { digit } else { digit.wrapping_neg() })
    }
}
