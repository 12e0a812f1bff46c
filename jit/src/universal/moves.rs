//! Words to move, and bytes to copy.

use crate::arch::universal;
use crate::convention::plan::{Ext, Loc, Piece};
use crate::error::JitError;

/// Bytes in a word.
pub(crate) const WORD: u32 = 8;

/// Returns the offset of a register, in words from the beginning of the frame.
pub(crate) fn register(loc: Loc) -> Result<u32, JitError> {
    universal::register(loc).ok_or(JitError::Place { loc })
}

/// The extension of a scalar in the low bytes of a word to the whole word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    Whole,
    U8,
    U16,
    U32,
    I8,
    I16,
    I32,
}

impl Width {
    pub(crate) fn of(piece: &Piece) -> Self {
        match (piece.len, piece.ext) {
            (1, Ext::Zero) => Self::U8,
            (2, Ext::Zero) => Self::U16,
            (4, Ext::Zero) => Self::U32,
            (1, Ext::Sign) => Self::I8,
            (2, Ext::Sign) => Self::I16,
            (4, Ext::Sign) => Self::I32,
            // The bits above the value may be undefined.
            _ => Self::Whole,
        }
    }
    /// # Safety
    ///
    /// There is a scalar of this width at `from`, which is a multiple of 8.
    #[inline]
    pub(crate) unsafe fn read(self, from: *const u64) -> u64 {
        // SAFETY: the caller promises a scalar of this width at `from`. The load has the value's size, because a wider
        // one would wait for a narrow store.
        unsafe {
            match self {
                Self::Whole => from.read(),
                Self::U8 => from.cast::<u8>().read().slot_word(),
                Self::U16 => from.cast::<u16>().read().slot_word(),
                Self::U32 => from.cast::<u32>().read().slot_word(),
                Self::I8 => from.cast::<i8>().read().slot_word(),
                Self::I16 => from.cast::<i16>().read().slot_word(),
                Self::I32 => from.cast::<i32>().read().slot_word(),
            }
        }
    }
}

/// An integer that its type extends to a word.
pub(crate) trait SlotWord {
    fn slot_word(self) -> u64;
}

macro_rules! scalars {
    ($($ty:ty)*) => {
        $(impl SlotWord for $ty {
            #[inline]
            fn slot_word(self) -> u64 {
                self as u64
            }
        })*
    };
}

scalars!(u8 u16 u32 u64 i8 i16 i32);

/// A word to move; both ends are numbers of words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// Words to move: some unchanged, and some that are extended.
#[derive(PartialEq, Eq, Default, Debug)]
pub(crate) struct Moves {
    pub(crate) whole: Vec<Move>,
    pub(crate) narrow: Vec<(Move, Width)>,
}

impl Moves {
    pub(crate) fn push(&mut self, step: Move, width: Width) {
        if width == Width::Whole {
            self.whole.push(step);
        } else {
            self.narrow.push((step, width));
        }
    }

    /// # Safety
    ///
    /// * The words counted from `from` may be read.
    /// * The words counted from `to` may be written.
    /// * No word is both.
    #[inline]
    pub(crate) unsafe fn run_whole(&self, from: *const u64, to: *mut u64) {
        for step in &self.whole {
            // SAFETY: the caller promises that the words from `from` may be read, and those from `to` written.
            unsafe { to.add(step.to as usize).write(from.add(step.from as usize).read()) };
        }
    }

    /// # Safety
    ///
    /// The contract of [`run_whole`](Self::run_whole).
    #[inline]
    pub(crate) unsafe fn run_narrow(&self, from: *const u64, to: *mut u64) {
        for (step, width) in &self.narrow {
            // SAFETY: the caller promises that the words from `from` may be read, and those from `to` written.
            unsafe { to.add(step.to as usize).write(width.read(from.add(step.from as usize))) };
        }
    }
}

/// Loads `len` (1 to 8) bytes into the low bytes of a word; the rest is zero.
///
/// # Safety
///
/// The bytes may be read.
#[inline]
pub(crate) unsafe fn load(from: *const u8, len: u8) -> u64 {
    // SAFETY: the caller promises that the `len` bytes may be read, and no byte outside is touched.
    unsafe {
        let two = |at: usize| u64::from(from.add(at).cast::<u16>().read_unaligned());
        let four = |at: usize| u64::from(from.add(at).cast::<u32>().read_unaligned());
        match len {
            8 => from.cast::<u64>().read_unaligned(),
            4 => four(0),
            1 => u64::from(from.read()),
            2 => two(0),
            // Two loads of a power of two, which agree where they overlap.
            3 => two(0) | two(1) << 8,
            _ => {
                let high = usize::from(len) - 4;
                four(0) | four(high) << (8 * high)
            }
        }
    }
}

/// Stores the low `len` (1 to 8) bytes of a word.
///
/// # Safety
///
/// The bytes may be written.
#[inline]
pub(crate) unsafe fn store(to: *mut u8, len: u8, word: u64) {
    // SAFETY: the caller promises that the `len` bytes may be written, and no byte outside is touched.
    unsafe {
        let two = |at: usize, word: u64| to.add(at).cast::<u16>().write_unaligned(word as u16);
        let four = |at: usize, word: u64| to.add(at).cast::<u32>().write_unaligned(word as u32);
        match len {
            8 => to.cast::<u64>().write_unaligned(word),
            4 => four(0, word),
            1 => to.write(word as u8),
            2 => two(0, word),
            // Two stores of a power of two, which agree where they overlap.
            3 => {
                two(0, word);
                two(1, word >> 8);
            }
            _ => {
                let high = usize::from(len) - 4;
                four(0, word);
                four(high, word >> (8 * high));
            }
        }
    }
}

/// Copies `len` bytes. Short copies go by words of eight bytes, without a call.
///
/// # Safety
///
/// The bytes may be read and written, and do not overlap.
#[inline]
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    /// The length from which `memcpy` is as fast.
    const SMALL: usize = 96;
    // SAFETY: the caller promises that the bytes may be read and written and do not overlap; no byte outside is
    // touched.
    unsafe {
        if len > SMALL {
            return from.copy_to_nonoverlapping(to, len);
        }
        let mut at = 0;
        while at + 8 <= len {
            to.add(at).cast::<[u8; 8]>().write(from.add(at).cast::<[u8; 8]>().read());
            at += 8;
        }
        if at < len {
            let left = (len - at) as u8;
            store(to.add(at), left, load(from.add(at), left));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_length_are_loaded_and_stored() {
        let from: [u8; 130] = std::array::from_fn(|at| at as u8 + 1);
        for len in 1..=8u8 {
            for at in 0..16 {
                let mut expected = [0; 8];
                expected[..len.into()].copy_from_slice(&from[at..][..len.into()]);
                // SAFETY: the array has at least `len` bytes at `at`.
                let word = unsafe { load(from[at..].as_ptr(), len) };
                assert_eq!(word, u64::from_le_bytes(expected), "{len} bytes at {at}");
                let mut to = [0xee; 32];
                // SAFETY: the array has at least `len` bytes at `at`.
                unsafe { store(to[at..].as_mut_ptr(), len, word | !0 << (8 * u32::from(len) - 1) << 1) };
                assert_eq!(to[at..][..len.into()], expected[..len.into()], "{len} bytes at {at}");
                assert!(to[..at].iter().chain(&to[at + usize::from(len)..]).all(|&byte| byte == 0xee), "{len} at {at}");
            }
        }
        for len in 0..=130 {
            let mut to = [0xee; 140];
            // SAFETY: both arrays have at least `len` bytes.
            unsafe { copy(from.as_ptr(), to.as_mut_ptr(), len) };
            assert_eq!((&to[..len], to[len..].iter().all(|&byte| byte == 0xee)), (&from[..len], true), "{len} bytes");
        }
    }
}
