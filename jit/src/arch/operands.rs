//! Words in memory that machine code reads: their offsets are the same in Rust and in instructions.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::AtomicPtr;

/// Bytes from one stub to the next, and from one stub's data to the next's.
pub(crate) const STRIDE: usize = 16;

/// Offsets of the handler and of its context in a cell.
pub(crate) const CELL_HANDLER: i32 = 0;
pub(crate) const CELL_CONTEXT: i32 = 8;

/// The two words that belong to a stub.
#[repr(C)]
pub(crate) struct StubData {
    /// The address of the [cell](crate::stubs::cell::StubCell), or of one that answers in its place. The thunk gets it.
    pub(crate) cell: AtomicPtr<c_void>,
    /// The stub jumps there: in tables made at run time to code, in the static one to what a [`UniversalHeader`] names.
    pub(crate) thunk: AtomicPtr<c_void>,
}

const _: () = assert!(size_of::<StubData>() == STRIDE);

/// How many stubs the static table has: 32 KiB of code, and as much memory.
pub(crate) const STATIC_STUBS: usize = 2048;

/// The data of the static table.
pub(crate) static STATIC_DATA: [StubData; STATIC_STUBS] =
    [const { StubData { cell: AtomicPtr::new(ptr::null_mut()), thunk: AtomicPtr::new(ptr::null_mut()) } };
        STATIC_STUBS];

/// The beginning of a universal trampoline's or thunk's plan, which assembly reads.
#[repr(C)]
pub(crate) struct UniversalHeader {
    /// Stubs jump to it.
    pub(crate) enter: unsafe extern "C" fn(),
    /// Bytes of memory below the frame, a multiple of 16.
    pub(crate) below: usize,
    /// The number of float registers that hold arguments.
    pub(crate) floats: usize,
    /// The functions that read the plan before the call, and after it: the shortest that do for this plan.
    pub(crate) before: *const c_void,
    pub(crate) after: *const c_void,
}

// SAFETY: the addresses are those of functions.
unsafe impl Send for UniversalHeader {}
// SAFETY: the addresses are those of functions.
unsafe impl Sync for UniversalHeader {}
