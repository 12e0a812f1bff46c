//! The record of a function, and the cell that says whether an exception is pending: memory that machine code reads.

use std::cell::Cell;
use std::ffi::c_void;
#[cfg(feature = "cranelift")]
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What a trampoline reads of a symbol's record, which begins with this.
#[repr(C)]
#[derive(Debug)]
pub struct RecordHead {
    /// The C function, or what `closed` is once it must not be called any more.
    target: AtomicPtr<c_void>,
    /// Null if this is the record of a function that is gone, about which nobody knows anything.
    pending: *const Pending,
    /// What calls are interpreted by.
    pub(crate) interpreter: *const c_void,
    /// Null where machine code looks for that; else code that refuses the call.
    closed: AtomicPtr<c_void>,
}

/// Where machine code finds what it reads and writes.
#[cfg(feature = "cranelift")]
impl RecordHead {
    pub(crate) const TARGET: usize = offset_of!(Self, target);
    pub(crate) const PENDING: usize = offset_of!(Self, pending);
}

impl RecordHead {
    pub(crate) const fn new(target: *const c_void, pending: *const Pending, interpreter: *const c_void) -> Self {
        Self {
            target: AtomicPtr::new(target.cast_mut()),
            pending,
            interpreter,
            closed: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// What calls find whose own record is gone.
    pub(crate) const fn gone() -> Self {
        Self::new(ptr::null(), ptr::null(), ptr::null())
    }

    pub(crate) const fn is_gone(&self) -> bool {
        self.pending.is_null()
    }

    /// The C function, or what `closed` is.
    pub(crate) fn target(&self) -> *const c_void {
        self.target.load(Ordering::Acquire)
    }

    /// Has this called in the place of the C function when that is closed, or has no address. Before the record is used.
    #[cfg(feature = "cranelift")]
    pub(crate) fn set_closed(&self, closed: *const c_void) {
        self.closed.store(closed.cast_mut(), Ordering::Release);
        if self.target().is_null() {
            self.close();
        }
    }

    /// Has calls that begin later fail.
    pub fn close(&self) {
        self.target.store(self.closed.load(Ordering::Acquire), Ordering::Release);
    }

    /// Whether calls fail that begin now.
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

/// Whether an exception waits for the running call to return. One for all functions that run on one thread at a time. Callers that
/// look themselves read a `u32` at its address: 0 where none waits.
#[repr(C)]
#[derive(Debug)]
pub struct Pending {
    exception: Cell<u32>,
    /// Of the call by the fast-call entry that began last, if its exit is a flag that callbacks set.
    exit: Cell<*mut c_void>,
}

/// Where machine code finds what it reads and writes.
#[cfg(feature = "cranelift")]
impl Pending {
    pub(crate) const EXCEPTION: usize = offset_of!(Self, exception);
    pub(crate) const EXIT: usize = offset_of!(Self, exit);
}

impl Pending {
    /// No exception.
    pub const fn new() -> Self {
        Self { exception: Cell::new(0), exit: Cell::new(ptr::null_mut()) }
    }

    /// Whether there is one.
    pub fn is_set(&self) -> bool {
        self.exception.get() != 0
    }

    /// Says whether there is one.
    pub fn set(&self, pending: bool) {
        self.exception.set(pending.into());
    }

    /// The parameter with the role [`Exit`](crate::engine::fast_call::FastCallRole::Exit) of the call that began last through a function whose exit is a
    /// [`Flag`](crate::engine::fast_call::Exit::Flag), and whose caller does not [look](crate::engine::fast_call::FastCallModel::caller_looks) itself: calls of
    /// others may leave it alone or not. It is gone once that call has returned.
    pub fn exit(&self) -> *mut c_void {
        self.exit.get()
    }

    /// Says it again, after calls that ran inside that one.
    pub fn set_exit(&self, exit: *mut c_void) {
        self.exit.set(exit);
    }
}

const _: () = assert!(std::mem::offset_of!(Pending, exception) == 0, "callers that look read it at the cell's address");

impl Default for Pending {
    fn default() -> Self {
        Self::new()
    }
}
