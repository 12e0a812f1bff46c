//! Words in memory that machine code reads. Rust and instructions use these offsets.

use std::ffi::c_void;
#[cfg(not(all(test, loom)))]
use std::ptr;

use crate::sync::AtomicPtr;

use crate::convention::spare::Spare;

/// Bytes from one stub to the next, and from one stub's data to the next stub's.
pub(crate) const STRIDE: usize = 16;

/// Offsets of the handler and of its context in a cell.
pub(crate) const CELL_HANDLER: i32 = 0;
pub(crate) const CELL_CONTEXT: i32 = 8;

/// The two words that belong to a stub.
#[repr(C)]
pub(crate) struct StubData {
    /// The address of the stub's [cell](crate::stubs::cell::StubCell), or of the cell that answers with zeros. The
    /// thunk gets it.
    pub(crate) cell: AtomicPtr<c_void>,
    /// The address that the stub jumps to. In a table made at run time it is code; in the static table it is a
    /// [`UniversalHeader`], which names the code.
    pub(crate) thunk: AtomicPtr<c_void>,
}

// loom's atomics are larger.
#[cfg(not(all(test, loom)))]
const _: () = assert!(size_of::<StubData>() == STRIDE);

/// The data that a stub hands over to the code that it leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Handover {
    Nothing,
    /// Its cell, in a register that no convention uses for arguments: for code that is written by hand.
    Scratch,
    /// Its cell, in the spare place of a thunk's arguments.
    Spare(Spare),
}

/// The beginning of what the first call of a function needs, which assembly reads.
#[repr(C)]
pub(crate) struct FirstCallHeader {
    /// Returns the code that makes this call and later ones, or null if the call was refused. `frame` has the arguments,
    /// as [`first_call_word`](crate::arch::universal::first_call_word) counts them.
    pub(crate) bind: unsafe extern "C-unwind" fn(header: *const Self, frame: *const u64) -> *const u8,
}

/// The number of stubs in the static table: 32 KiB of code, and 32 KiB of data. Models need few.
pub(crate) const STATIC_STUBS: usize = if cfg!(all(test, loom)) { 3 } else { 2048 };

/// The data of the static table.
#[cfg(not(all(test, loom)))]
pub(crate) static STATIC_DATA: [StubData; STATIC_STUBS] =
    [const { StubData { cell: AtomicPtr::new(ptr::null_mut()), thunk: AtomicPtr::new(ptr::null_mut()) } };
        STATIC_STUBS];
#[cfg(all(test, loom))]
loom::lazy_static! {
    pub(crate) static ref STATIC_DATA: [StubData; STATIC_STUBS] =
        std::array::from_fn(|_| StubData { cell: AtomicPtr::default(), thunk: AtomicPtr::default() });
}

/// The beginning of a universal trampoline's or thunk's plan, which assembly reads.
#[repr(C)]
pub(crate) struct UniversalHeader {
    /// The code that stubs jump to.
    pub(crate) enter: unsafe extern "C" fn(),
    /// Bytes of memory below the frame, a multiple of 16.
    pub(crate) below: usize,
    /// The number of float registers that hold arguments.
    pub(crate) floats: usize,
    /// The functions that read the plan before and after the call: the shortest ones that handle this plan.
    pub(crate) before: *const c_void,
    pub(crate) after: *const c_void,
}

// SAFETY: the pointers are addresses of functions, which any thread may call.
unsafe impl Send for UniversalHeader {}
// SAFETY: the header does not change, and its pointers are addresses of functions.
unsafe impl Sync for UniversalHeader {}
