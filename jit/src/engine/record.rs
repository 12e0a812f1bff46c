//! The record of a function, and the cell for a waiting exception: memory that machine code reads.

use std::cell::Cell;
use std::ffi::c_void;
#[cfg(feature = "cranelift")]
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// The beginning of a symbol's record, which trampolines read.
#[repr(C)]
#[derive(Debug)]
pub struct RecordHead {
    /// The C function. In a closed record this is equal to `closed`.
    target: AtomicPtr<c_void>,
    /// The cell for a waiting exception. Null in the record that stands for a function that was dropped.
    pending: *const Pending,
    /// The shape, by whose data calls are interpreted.
    pub(crate) shape: *const c_void,
    /// The policy by which the shape is compiled, or null for the default one.
    pub(crate) policy: *const c_void,
    /// The number of interpreted calls.
    interpreted: AtomicU64,
    /// The code that refuses the call, for machine code that does not check for a closed record. Null otherwise.
    closed: AtomicPtr<c_void>,
}

/// Offsets of fields that machine code reads and writes.
#[cfg(feature = "cranelift")]
impl RecordHead {
    pub(crate) const TARGET: usize = offset_of!(Self, target);
    pub(crate) const PENDING: usize = offset_of!(Self, pending);
}

impl RecordHead {
    pub(crate) const fn new(target: *const c_void, pending: *const Pending, shape: *const c_void) -> Self {
        Self {
            target: AtomicPtr::new(target.cast_mut()),
            pending,
            shape,
            policy: ptr::null(),
            interpreted: AtomicU64::new(0),
            closed: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Returns the record for calls whose own record was dropped.
    pub(crate) const fn gone() -> Self {
        Self::new(ptr::null(), ptr::null(), ptr::null())
    }

    /// Returns the number of calls that were interpreted. Compiled code counts only the calls that it leaves to the
    /// interpreter.
    pub fn interpreted_calls(&self) -> u64 {
        self.interpreted.load(Ordering::Relaxed)
    }

    /// Counts an interpreted call. Calls of a record run on one thread at a time, so none is lost.
    pub(crate) fn count_interpreted(&self) {
        self.interpreted.store(self.interpreted_calls() + 1, Ordering::Relaxed);
    }

    pub(crate) const fn is_gone(&self) -> bool {
        self.pending.is_null()
    }

    /// Returns the C function, or `closed` in a closed record.
    pub(crate) fn target(&self) -> *const c_void {
        self.target.load(Ordering::Acquire)
    }

    /// Sets the code that is called in place of the C function when that is closed, or does not have an address. Must
    /// be called before the record is used.
    #[cfg(feature = "cranelift")]
    pub(crate) fn set_closed(&self, closed: *const c_void) {
        self.closed.store(closed.cast_mut(), Ordering::Release);
        if self.target().is_null() {
            self.close();
        }
    }

    /// Makes calls that begin later fail.
    pub fn close(&self) {
        self.target.store(self.closed.load(Ordering::Acquire), Ordering::Release);
    }

    /// Returns true if calls that begin now fail.
    pub fn is_closed(&self) -> bool {
        self.target() == self.closed.load(Ordering::Acquire)
    }

    #[cfg(feature = "cranelift")]
    pub(crate) const fn pending(&self) -> *const Pending {
        self.pending
    }

    pub(crate) fn is_pending(&self) -> bool {
        // SAFETY: the cell lives as long as its records.
        unsafe { (*self.pending).is_set() }
    }
}

/// The cell for a waiting exception: one that waits for the running call to return. All functions that run on one
/// thread at a time share a cell. Callers that check for exceptions themselves read a `u32` at its address: 0 if none
/// waits.
#[repr(C)]
#[derive(Debug)]
pub struct Pending {
    exception: Cell<u32>,
    /// The exit's parameter of the newest call by the fast-call entry, if its exit is a flag that callbacks set.
    exit: Cell<*mut c_void>,
}

/// Offsets of fields that machine code reads and writes.
#[cfg(feature = "cranelift")]
impl Pending {
    pub(crate) const EXCEPTION: usize = offset_of!(Self, exception);
    pub(crate) const EXIT: usize = offset_of!(Self, exit);
}

impl Pending {
    /// Makes a cell without an exception.
    pub const fn new() -> Self {
        Self { exception: Cell::new(0), exit: Cell::new(ptr::null_mut()) }
    }

    /// Returns true if an exception waits.
    pub fn is_set(&self) -> bool {
        self.exception.get() != 0
    }

    /// Sets whether an exception waits.
    pub fn set(&self, pending: bool) {
        self.exception.set(pending.into());
    }

    /// Returns the exit's parameter of the newest call through a function that has two properties. Its exit is a
    /// [`Flag`](crate::engine::fast_call::Exit::Flag), and its caller does not
    /// [check](crate::engine::fast_call::FastCallModel::caller_looks) for exceptions itself. Calls of other functions
    /// may or may not change it. The parameter is invalid once that call has returned.
    pub fn exit(&self) -> *mut c_void {
        self.exit.get()
    }

    /// Restores the parameter, after calls that ran inside that call.
    pub fn set_exit(&self, exit: *mut c_void) {
        self.exit.set(exit);
    }
}

const _: () = assert!(std::mem::offset_of!(Pending, exception) == 0, "callers read it at the cell's address");

impl Default for Pending {
    fn default() -> Self {
        Self::new()
    }
}
