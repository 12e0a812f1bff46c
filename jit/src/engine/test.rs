//! Tests of bits in memory, by which models tell classes of values and kinds of objects.

use std::ops::RangeInclusive;

use crate::engine::call::Words;

/// Bits that distinguish a class of values: the integer of `len` bytes at `offset`, masked, lies in `low..=high`.
///
/// The test must hold for the values of the class and for no others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Test {
    /// Bytes from the beginning of the value.
    pub offset: u8,
    /// The number of bytes read: 1, 2, 4 or 8.
    pub len: u8,
    /// The bits that count.
    pub mask: u64,
    /// The least of the range, unsigned.
    pub low: u64,
    /// The greatest, included.
    pub high: u64,
}

impl Test {
    /// Tests that the integer of `len` bytes at `offset` is `value`.
    pub const fn equal(offset: u8, len: u8, value: u64) -> Self {
        Self::masked(offset, len, u64::MAX, value)
    }

    /// Tests that the bits of `mask` equal those of `value`.
    pub const fn masked(offset: u8, len: u8, mask: u64, value: u64) -> Self {
        Self::masked_range(offset, len, mask, value..=value)
    }

    /// Tests that a value of 8 bytes lies in `low..=high`.
    pub const fn range(low: u64, high: u64) -> Self {
        Self::masked_range(0, 8, u64::MAX, low..=high)
    }

    /// Tests that the bits of `mask` in the integer of `len` bytes at `offset` lie in `range`, without a sign.
    pub const fn masked_range(offset: u8, len: u8, mask: u64, range: RangeInclusive<u64>) -> Self {
        Self { offset, len, mask, low: *range.start(), high: *range.end() }
    }

    /// Returns true if the value belongs to the class.
    pub const fn holds(&self, value: Words) -> bool {
        let bits = read(value, self.offset, self.len) & self.mask;
        self.low <= bits && bits <= self.high
    }
}

/// Returns the integer of `len` bytes at `offset`, which lies within one word.
pub(crate) const fn read(value: Words, offset: u8, len: u8) -> u64 {
    let bits = value[(offset / 8) as usize] >> (offset % 8 * 8);
    bits & (u64::MAX >> (64 - len as u32 * 8))
}
