//! The static table of stubs: addresses that are part of the program, for trampolines and callbacks without code generation.
//!
//! A stub jumps to the [`Head`](super::Head) that its data names. Which are taken is a bit map, so that a process may fork at
//! any time. They are tried in turn: one that was given back is taken again after all others.

use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use super::registers;
use crate::debug::{Name, Region};
use crate::error::JitError;

/// Bytes from one stub to the next, and from one stub's data to the next's.
pub(crate) const STRIDE: usize = 16;

/// How many there are: 32 KiB of code, and as much memory.
pub(crate) const STUBS: usize = 2048;

/// The two words that belong to a stub.
#[repr(C)]
pub(crate) struct StubData {
    /// What a thunk gets.
    pub(crate) context: AtomicPtr<c_void>,
    /// Where the stub jumps to: in tables made at run time code, in the static one a [`Head`](super::Head).
    pub(crate) thunk: AtomicPtr<c_void>,
}

const _: () = assert!(size_of::<StubData>() == STRIDE);

pub(super) static DATA: [StubData; STUBS] =
    [const { StubData { context: AtomicPtr::new(ptr::null_mut()), thunk: AtomicPtr::new(ptr::null_mut()) } }; STUBS];

/// A bit for each stub.
static TAKEN: [AtomicU64; STUBS / 64] = [const { AtomicU64::new(0) }; STUBS / 64];

/// Where to look first, modulo their number.
static NEXT: AtomicUsize = AtomicUsize::new(0);

static LEFT: AtomicUsize = AtomicUsize::new(STUBS);

/// A stub that is taken, and given back when it is dropped.
pub(crate) struct StaticStub(u16);

impl StaticStub {
    /// Takes one.
    ///
    /// # Errors
    ///
    /// All are taken.
    pub(crate) fn take() -> Result<Self, JitError> {
        name_table();
        let start = NEXT.load(Ordering::Relaxed);
        for index in (start..start + STUBS).map(|index| index % STUBS) {
            let bit = 1 << (index % 64);
            let word = &TAKEN[index / 64];
            if word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Acquire) & bit == 0 {
                NEXT.store(index + 1, Ordering::Relaxed);
                LEFT.fetch_sub(1, Ordering::Relaxed);
                return Ok(Self(index as u16));
            }
        }
        Err(JitError::Stubs { max: STUBS })
    }

    /// How many are not taken.
    pub(crate) fn left() -> usize {
        LEFT.load(Ordering::Relaxed)
    }

    pub(crate) fn entry(&self) -> *const u8 {
        registers::stub(self.0.into())
    }

    pub(crate) fn data(&self) -> &'static StubData {
        &DATA[usize::from(self.0)]
    }

    /// Forgets that it is to be given back.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }

    /// Whether this is the data of one.
    pub(crate) fn has(data: &StubData) -> bool {
        DATA.as_ptr_range().contains(&ptr::from_ref(data))
    }

    /// The stub that was kept and whose data this is.
    ///
    /// # Safety
    ///
    /// There is one, and it becomes the caller's.
    pub(crate) unsafe fn kept(data: &'static StubData) -> Self {
        let index = (ptr::from_ref(data).addr() - DATA.as_ptr().addr()) / STRIDE;
        Self(index as u16)
    }
}

/// Names the code of the stubs, once.
fn name_table() {
    static REGION: OnceLock<Region> = OnceLock::new();
    REGION.get_or_init(|| {
        let (start, len) = (registers::stub(0), STUBS * STRIDE);
        let region = Region::new(start, len, &[]);
        region.add(start, len, &Name::of("universal stubs"), &[]);
        region
    });
}

impl Drop for StaticStub {
    fn drop(&mut self) {
        let index = usize::from(self.0);
        // Before anyone can take it, so that there are never less than none.
        LEFT.fetch_add(1, Ordering::Relaxed);
        TAKEN[index / 64].fetch_and(!(1 << (index % 64)), Ordering::Release);
    }
}
