//! Memory between two inaccessible pages, so that one byte too far in either direction is a fault.

use std::ptr;

const PAGE: usize = 4096;

/// How many bytes on either side of a value are watched for stray writes, where the fence leaves room.
const GUARD: usize = 64;

/// What watched bytes hold.
const PATTERN: u8 = 0xee;

/// Room for one value.
pub(crate) struct Fence {
    map: *mut u8,
    room: usize,
    at: usize,
    len: usize,
}

/// Where a value lies in its room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spot {
    /// Its last byte is the last one accessible.
    End,
    /// Its first byte is the first one accessible.
    Start,
    /// At an address that is a multiple of this and of no greater power of two, with accessible bytes around.
    Aligned(usize),
}

impl Fence {
    pub(crate) fn new(room: usize) -> Self {
        let room = room.next_multiple_of(PAGE);
        // SAFETY: a fresh private mapping, of which only what the second call opens is accessed.
        let map = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            let map = libc::mmap(ptr::null_mut(), room + 2 * PAGE, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(map, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(map.byte_add(PAGE), room, libc::PROT_READ | libc::PROT_WRITE), 0);
            map.cast()
        };
        Self { map, room, at: 0, len: 0 }
    }

    /// Places a value, and sets the bytes around it.
    pub(crate) fn put(&mut self, spot: Spot, value: &[u8]) -> *mut u8 {
        self.len = value.len();
        self.at = match spot {
            Spot::End => self.room - self.len,
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
    pub(crate) fn value(&mut self) -> &[u8] {
        let (at, len) = (self.at, self.len);
        &self.bytes()[at..at + len]
    }

    /// Whether nothing was written around the value.
    pub(crate) fn is_intact(&mut self) -> bool {
        let (before, after) = self.watched();
        let room = self.bytes();
        room[before].iter().chain(&room[after]).all(|&byte| byte == PATTERN)
    }

    fn watched(&self) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let end = self.at + self.len;
        (self.at.saturating_sub(GUARD)..self.at, end..(end + GUARD).min(self.room))
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the pages between the fences are mapped for reading and writing as long as `self` lives, and other
        // pointers to them are used only while no such slice is.
        unsafe { std::slice::from_raw_parts_mut(self.map.add(PAGE), self.room) }
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        // SAFETY: `new` mapped exactly this.
        unsafe { libc::munmap(self.map.cast(), self.room + 2 * PAGE) };
    }
}
