//! The record of a function, and the cell for a waiting exception: memory that machine code reads.

use std::cell::Cell;
use std::ffi::c_void;
#[cfg(feature = "cranelift")]
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use crate::engine::pins::{PinList, Pins};

/// The beginning of a symbol's record, which trampolines read.
#[repr(C)]
#[derive(Debug)]
pub struct RecordHead {
    /// The C function. In a closed record this is equal to `closed`.
    target: AtomicPtr<c_void>,
    /// The cell for a waiting exception. Null in the record that stands for a function that was dropped.
    pending: *const Pending,
    /// The holder of the shape, by whose data calls are interpreted.
    pub(crate) shape: *const c_void,
    /// The policy by which the shape is compiled, or null for the default one.
    pub(crate) policy: *const c_void,
    /// The number of calls, the interpreted ones included. Calls after closing do not count.
    calls: AtomicU64,
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
    pub(crate) const CALLS: usize = offset_of!(Self, calls);
}

impl RecordHead {
    pub(crate) const fn new(target: *const c_void, pending: *const Pending, shape: *const c_void) -> Self {
        Self {
            target: AtomicPtr::new(target.cast_mut()),
            pending,
            shape,
            policy: ptr::null(),
            calls: AtomicU64::new(0),
            interpreted: AtomicU64::new(0),
            closed: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Returns the record for calls whose own record was dropped.
    pub(crate) const fn gone() -> Self {
        Self::new(ptr::null(), ptr::null(), ptr::null())
    }

    /// Returns the number of calls by the engine-values entry, those with refused arguments included. Calls after closing
    /// do not count.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Counts a call. Compiled code does the same. Calls of a record run on one thread at a time, so none is lost.
    pub(crate) fn count_call(&self) {
        if !self.is_closed() {
            self.calls.store(self.calls() + 1, Ordering::Relaxed);
        }
    }

    /// Returns the number of calls that were interpreted. Compiled code counts only the calls that it leaves to the
    /// interpreter. Calls after closing do not count.
    pub fn interpreted_calls(&self) -> u64 {
        self.interpreted.load(Ordering::Relaxed)
    }

    /// Counts an interpreted call. Calls of a record run on one thread at a time, so none is lost.
    pub(crate) fn count_interpreted(&self) {
        self.interpreted.store(self.interpreted_calls() + 1, Ordering::Relaxed);
    }

    #[cfg(feature = "cranelift")]
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

    pub(crate) const fn pending(&self) -> *const Pending {
        self.pending
    }

    pub(crate) fn is_pending(&self) -> bool {
        // SAFETY: the cell lives as long as its records.
        unsafe { (*self.pending).is_set() }
    }
}

/// The cell for a waiting exception: one that waits for the running call to return. It also has the list of pinned
/// objects. All functions that run on one thread at a time share a cell. Callers that check for exceptions themselves
/// read a `u32` at its address: 0 if no exception waits.
#[repr(C)]
#[derive(Debug)]
pub struct Pending {
    exception: Cell<u32>,
    /// The exit's parameter of the newest call by the fast-call entry, if its exit is a flag that callbacks set.
    exit: Cell<*mut c_void>,
    /// Not 0 if helpers have copied strings for the call by the fast-call entry that runs.
    texts: Cell<u32>,
    pins: Pins,
}

/// Offsets of fields that machine code reads and writes.
#[cfg(feature = "cranelift")]
impl Pending {
    pub(crate) const EXCEPTION: usize = offset_of!(Self, exception);
    pub(crate) const EXIT: usize = offset_of!(Self, exit);
    pub(crate) const TEXTS: usize = offset_of!(Self, texts);
    pub(crate) const PINS: usize = offset_of!(Self, pins);
}

impl Pending {
    /// Makes a cell without an exception and without a list of pinned objects.
    pub const fn new() -> Self {
        Self { exception: Cell::new(0), exit: Cell::new(ptr::null_mut()), texts: Cell::new(0), pins: Pins::none() }
    }

    /// Makes a cell without an exception, with an empty [list](crate::engine::values::PinList) of pinned objects. It has
    /// room for `capacity` objects, or for those of one call if that is more.
    pub fn with_pins(capacity: usize) -> Self {
        Self { pins: Pins::new(capacity), ..Self::new() }
    }

    /// Adds the objects of a call that are not in the list of pinned objects. Returns `false` if there is no room for all
    /// of them, or no list.
    ///
    /// # Safety
    ///
    /// The words are addresses of objects that have the list's counter, or 0.
    pub unsafe fn pin(&self, list: PinList, objects: &[u64]) -> bool {
        // SAFETY: the caller promises that the objects have the counter.
        unsafe { self.pins.add(list, objects) }
    }

    /// Takes out of the list of pinned objects those that machine code has added for this call.
    ///
    /// # Safety
    ///
    /// The contract of [`Pins::undo`].
    #[cfg(feature = "cranelift")]
    pub(crate) unsafe fn undo_pins(&self, list: PinList) {
        // SAFETY: the caller promises what `undo` asks for.
        unsafe { self.pins.undo(list) };
    }

    /// Returns true if the list of pinned objects has room for this number of objects.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.pins.has_room(count)
    }

    /// Takes out of the list of pinned objects those that no running call works on, the oldest first.
    ///
    /// It is for times when no call has added its own objects: before it does, while script runs, or outside of all calls.
    pub fn take_pins(&self) -> Vec<u64> {
        self.pins.take()
    }

    /// Calls `visit` for each object in the list of pinned objects, for a collector that must keep them.
    pub fn visit_pins(&self, visit: impl FnMut(u64)) {
        self.pins.visit(visit);
    }

    /// Keeps the entries of the list of pinned objects until [`leave_script`](Self::leave_script), which gets the
    /// result. C calls script now, and the calls that run may work on the objects.
    pub fn enter_script(&self) -> *mut u64 {
        self.pins.enter()
    }

    /// Ends what [`enter_script`](Self::enter_script) began.
    pub fn leave_script(&self, pins: *mut u64) {
        self.pins.leave(pins);
    }

    /// Returns true if calls that run may work on objects in the list of pinned objects. It is for script's own time,
    /// outside of all calls or when C has called it.
    pub fn pins_are_in_use(&self) -> bool {
        self.pins.are_in_use()
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

    /// Returns true if strings were copied for a call by the fast-call entry, and not released yet.
    pub fn has_texts(&self) -> bool {
        self.texts.get() != 0
    }

    /// Sets whether there are such strings. If so, the call
    /// [releases](crate::engine::fast_call::FastCallHelpers::release) them when C has returned.
    pub fn set_texts(&self, texts: bool) {
        self.texts.set(texts.into());
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
