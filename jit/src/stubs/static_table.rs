//! The static table of stubs: addresses that are part of the program, for trampolines and callbacks without code
//! generation.
//!
//! A stub jumps to the [`UniversalHeader`](crate::arch::operands::UniversalHeader) that its data names. A bit map
//! records which stubs are taken, so that a process may fork at any time. Stubs are tried in turn: one that was given
//! back is taken again after all others.

use std::ptr;
use std::sync::atomic::Ordering;

use crate::arch::operands::{STATIC_DATA, STATIC_STUBS, STRIDE, StubData};
use crate::arch::universal;
use crate::debug::name::Name;
use crate::debug::registry::Region;
use crate::error::JitError;
use crate::lock::Once;
use crate::sync::{AtomicU64, AtomicUsize, shared};

#[cfg(all(test, loom))]
pub(super) mod models;

/// A bit for each stub.
#[cfg(not(all(test, loom)))]
static TAKEN: [AtomicU64; STATIC_STUBS / 64] = [const { AtomicU64::new(0) }; STATIC_STUBS / 64];
#[cfg(all(test, loom))]
loom::lazy_static! {
    static ref TAKEN: [AtomicU64; 1] = [AtomicU64::new(0)];
}

shared! {
    /// The index at which the next search begins, modulo the number of stubs.
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    static LEFT: AtomicUsize = AtomicUsize::new(STATIC_STUBS);
}

/// A stub that is taken. Dropping it gives it back.
pub(crate) struct StaticStub(u16);

impl StaticStub {
    /// Takes a stub.
    ///
    /// # Errors
    ///
    /// All stubs are taken. The search may miss a stub that is given back meanwhile.
    pub(crate) fn take() -> Result<Self, JitError> {
        // The name would outlive the run of a model.
        if cfg!(not(all(test, loom))) {
            name_table();
        }
        let start = NEXT.load(Ordering::Relaxed);
        for index in (start..start + STATIC_STUBS).map(|index| index % STATIC_STUBS) {
            let bit = 1 << (index % 64);
            let word = &TAKEN[index / 64];
            if word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Acquire) & bit == 0 {
                NEXT.store(index + 1, Ordering::Relaxed);
                LEFT.fetch_sub(1, Ordering::Relaxed);
                return Ok(Self(index as u16));
            }
        }
        Err(JitError::Stubs { max: STATIC_STUBS })
    }

    /// Returns the number of free stubs.
    pub(crate) fn left() -> usize {
        LEFT.load(Ordering::Relaxed)
    }

    pub(crate) fn entry(&self) -> *const u8 {
        universal::stub(self.0.into())
    }

    pub(crate) fn data(&self) -> &'static StubData {
        &STATIC_DATA[usize::from(self.0)]
    }

    /// Keeps the stub taken for ever.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }

    /// Returns true if this is the data of a static stub.
    pub(crate) fn has(data: &StubData) -> bool {
        STATIC_DATA.as_ptr_range().contains(&ptr::from_ref(data))
    }

    /// Returns the kept stub with this data.
    ///
    /// # Safety
    ///
    /// There is such a stub, and the caller becomes its holder.
    pub(crate) unsafe fn kept(data: &'static StubData) -> Self {
        let index = (ptr::from_ref(data).addr() - STATIC_DATA.as_ptr().addr()) / STRIDE;
        Self(index as u16)
    }
}

/// Names the code of the stubs, once.
fn name_table() {
    static REGION: Once<Region> = Once::new();
    REGION.get_or_init(|| {
        let (start, len) = (universal::stub(0), STATIC_STUBS * STRIDE);
        let region = Region::new(start, len, &[]);
        region.add(start, len, &Name::of("universal stubs"), &[]);
        region
    });
}

impl Drop for StaticStub {
    fn drop(&mut self) {
        let index = usize::from(self.0);
        // The count is raised before anyone can take the stub, so that it never falls below 0.
        LEFT.fetch_add(1, Ordering::Relaxed);
        TAKEN[index / 64].fetch_and(!(1 << (index % 64)), Ordering::Release);
    }
}
