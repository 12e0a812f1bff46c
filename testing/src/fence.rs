//! Room for a value whose neighbouring bytes are watched.

use std::ops::Range;

use crate::guarded::Guarded;

/// The number of bytes on either side of a value that are watched for stray writes, as far as the fence leaves room.
const GUARD: usize = 64;

/// The content of watched bytes.
const PATTERN: u8 = 0xee;

/// Room for one value.
pub struct Fence {
    room: Guarded,
    at: usize,
    len: usize,
}

/// The place of a value in its room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    /// Its last byte is the last one accessible.
    End,
    /// Its first byte is the first one accessible.
    Start,
    /// At an address that is a multiple of this and of no greater power of two, with accessible bytes around.
    Aligned(usize),
}

impl Fence {
    /// Maps room for values of this size.
    pub fn new(size: usize) -> Self {
        Self { room: Guarded::new(size).unwrap(), at: 0, len: 0 }
    }

    /// Places a value, and sets the bytes around it.
    pub fn put(&mut self, spot: Spot, value: &[u8]) -> *mut u8 {
        self.len = value.len();
        self.at = match spot {
            Spot::End => self.room.size() - self.len,
            Spot::Start => 0,
            Spot::Aligned(align) => 2 * GUARD + align,
        };
        let (before, after) = self.watched();
        let room = self.bytes();
        room[before].fill(PATTERN);
        room[after].fill(PATTERN);
        let (at, end) = (self.at, self.at + self.len);
        self.bytes()[at..end].copy_from_slice(value);
        self.bytes()[at..].as_mut_ptr()
    }

    /// The value as it is now.
    pub fn value(&mut self) -> &[u8] {
        let (at, len) = (self.at, self.len);
        &self.bytes()[at..at + len]
    }

    /// Returns true if nothing was written around the value.
    pub fn is_intact(&mut self) -> bool {
        let (before, after) = self.watched();
        let room = self.bytes();
        room[before].iter().chain(&room[after]).all(|&byte| byte == PATTERN)
    }

    fn watched(&self) -> (Range<usize>, Range<usize>) {
        let end = self.at + self.len;
        (self.at.saturating_sub(GUARD)..self.at, end..(end + GUARD).min(self.room.size()))
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the pages between the fences are mapped for reading and writing as long as `self` lives. Other pointers to
        // them are not used while this slice is.
        unsafe { std::slice::from_raw_parts_mut(self.room.start(), self.room.size()) }
    }
}
