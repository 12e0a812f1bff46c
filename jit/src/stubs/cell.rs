//! The addresses of callbacks: stubs, and the cells that they lead to.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::arch::operands::{CELL_CONTEXT, CELL_HANDLER, StubData};
use crate::sync::AtomicPtr;

#[cfg(all(test, loom))]
pub(super) mod models;

/// The function behind a thunk, which a stub's callback runs.
///
/// * `context`: the context that the stub was bound with.
/// * `args`: one canonical slot for each parameter. The slot of a struct or union is the address of its bytes, at a
///   multiple of 16. Slots and bytes are valid until the handler returns.
/// * `result`: zeros at first. The handler writes a scalar as a slot, canonical or not, because the thunk extends it by
///   its type. It writes a struct or union as its bytes, which have at least the alignment of its type. For `void` the
///   thunk ignores it.
///
/// # Safety
///
/// Only thunks may call it, with its own context.
pub type Handler = unsafe extern "C-unwind" fn(context: *mut c_void, args: *const u64, result: *mut u64);

/// The memory of a stub, which belongs to it as long as the process lives.
#[repr(C, align(64))]
pub(crate) struct StubCell {
    // Thunks read the first two fields, in this order.
    handler: AtomicPtr<()>,
    context: AtomicPtr<c_void>,
    data: UnsafeCell<[u64; 4]>,
    pub(crate) stub: &'static StubData,
    entry: NonNull<u8>,
}

// loom's atomics are larger.
#[cfg(not(all(test, loom)))]
const _: () = {
    assert!(std::mem::offset_of!(StubCell, handler) == CELL_HANDLER as usize);
    assert!(std::mem::offset_of!(StubCell, context) == CELL_CONTEXT as usize);
};

impl StubCell {
    /// Binds a new stub to its thunk, without a handler.
    pub(crate) fn new(entry: NonNull<u8>, stub: &'static StubData, thunk: *const c_void) -> Self {
        stub.thunk.store(thunk.cast_mut(), Ordering::Relaxed);
        stub.cell.store(RetiredCell::context(), Ordering::Release);
        let (handler, context) = (AtomicPtr::default(), AtomicPtr::default());
        Self { handler, context, data: UnsafeCell::new([0; 4]), stub, entry }
    }
}

/// A cell, which its stub and its pool refer to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CellPointer(pub(crate) NonNull<StubCell>);

// SAFETY: a cell lives as long as its pool has it; its changing fields are atomic, or belong to the stub's holder
// alone.
unsafe impl Send for CellPointer {}
// SAFETY: a cell lives as long as its pool has it; its changing fields are atomic, or belong to the stub's holder
// alone.
unsafe impl Sync for CellPointer {}

impl CellPointer {
    pub(crate) fn cell(&self) -> &'static StubCell {
        // SAFETY: nobody has an exclusive reference to a cell. Only `StubPool::free` frees one, and requires that
        // nobody refers to it.
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn is_bound(&self) -> bool {
        self.cell().stub.cell.load(Ordering::Relaxed) != RetiredCell::context()
    }
}

/// The address of a callback. Its holder binds it, retires it and gives it back to its pool.
#[derive(PartialEq, Eq, Debug)]
pub struct Stub(pub(crate) CellPointer);

impl Stub {
    fn cell(&self) -> &'static StubCell {
        self.0.cell()
    }

    /// Returns the function pointer for C.
    #[inline]
    pub fn entry(&self) -> *const c_void {
        self.cell().entry.as_ptr().cast()
    }

    /// Returns 32 bytes at a multiple of 8 that belong to the stub. They are zeros at first; giving the stub back does
    /// not change them.
    #[inline]
    pub fn data(&self) -> *mut c_void {
        self.cell().data.get().cast()
    }

    /// Makes calls run the handler with this context.
    ///
    /// # Safety
    ///
    /// * The caller holds the stub.
    /// * The handler may be called with this context until the stub is retired, and by calls that began before.
    /// * A thunk loads handler and context one after the other, and a call that began under another binding may still
    ///   be about to load them. While that is possible, every handler that the stub was bound to may be called with
    ///   every such context.
    #[inline]
    pub unsafe fn bind(&self, handler: Handler, context: *mut c_void) {
        let cell = self.cell();
        cell.handler.store(handler as *mut (), Ordering::Relaxed);
        cell.context.store(context, Ordering::Relaxed);
        // Thunks load handler and context through this word. Its release store orders these loads after the stores.
        cell.stub.cell.store(self.0.0.as_ptr().cast(), Ordering::Release);
    }

    /// Makes calls return zeros, and [counts](retired_calls) them.
    #[inline]
    pub fn retire(&self) {
        self.retire_to(&RETIRED);
    }

    /// Makes calls read this memory instead of the cell.
    #[inline]
    pub(crate) fn retire_to(&self, retired: &'static RetiredCell) {
        self.cell().stub.cell.store(ptr::from_ref(retired).cast_mut().cast(), Ordering::Release);
    }
}

/// The part of a cell that thunks read, for stubs without a callback.
#[repr(C)]
pub(crate) struct RetiredCell {
    handler: Handler,
    // It never changes, so that models need not know it.
    context: std::sync::atomic::AtomicPtr<c_void>,
}

const _: () = {
    assert!(std::mem::offset_of!(RetiredCell, handler) == CELL_HANDLER as usize);
    assert!(std::mem::offset_of!(RetiredCell, context) == CELL_CONTEXT as usize);
};

impl RetiredCell {
    /// Makes the cell. The handler may be called with this context at any time.
    pub(crate) const fn new(handler: Handler, context: *const c_void) -> Self {
        Self { handler, context: std::sync::atomic::AtomicPtr::new(context.cast_mut()) }
    }

    fn context() -> *mut c_void {
        (&raw const RETIRED).cast_mut().cast()
    }
}

static RETIRED: RetiredCell = RetiredCell::new(count_retired, ptr::null());

static RETIRED_CALLS: AtomicU64 = AtomicU64::new(0);

/// Returns the number of calls of retired stubs in this process.
pub fn retired_calls() -> u64 {
    RETIRED_CALLS.load(Ordering::Relaxed)
}

/// Counts a call that was answered with zeros, as calls of retired stubs are.
pub fn count_retired_call() {
    RETIRED_CALLS.fetch_add(1, Ordering::Relaxed);
}

/// The result is zero already.
unsafe extern "C-unwind" fn count_retired(_: *mut c_void, _: *const u64, _: *mut u64) {
    count_retired_call();
}
