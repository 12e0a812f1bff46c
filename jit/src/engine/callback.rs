//! Callbacks that are functions of script: the memory that their thunks read, and the functions that thunks call.

use std::cell::Cell;
use std::ffi::c_void;
#[cfg(feature = "cranelift")]
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::call::Words;
use crate::engine::record::Pending;
use crate::os::thread::{self, NOBODY};

/// The callback record of a callback that is a function of script.
///
/// A record belongs to a stub, and like the stub it is never freed. It serves one callback after the other. Any thread
/// may read the number of the owner's thread. All other fields belong to the thread with that number.
#[repr(C)]
#[derive(Debug)]
pub struct EngineCallbackRecord {
    /// The number of the thread on which thunks call script: the owner of an open callback. Otherwise [`NOBODY`].
    thread: AtomicU64,
    /// The number of calls in progress that thunks made.
    running: Cell<usize>,
    pending: Cell<*const Pending>,
    context: Cell<*mut c_void>,
    call: Cell<*const c_void>,
    data: Cell<*const c_void>,
    callee: Cell<Words>,
    this: Cell<Words>,
}

/// The contents of a record while its callback is open.
#[derive(Clone, Copy, Debug)]
pub struct EngineCallbackTarget {
    /// The cell for a waiting exception.
    pub pending: *const Pending,
    /// The engine's context.
    pub context: *mut c_void,
    /// The address of the engine's [call function](crate::engine::values::CallFunction).
    pub call: *const c_void,
    /// The function of script.
    pub callee: Words,
    /// The value of `this`.
    pub this: Words,
    /// The data of the [helpers](EngineCallbackHelpers).
    pub data: *const c_void,
}

// SAFETY: only the thread whose number is in `thread` uses the other fields, and only that thread changes this number.
unsafe impl Sync for EngineCallbackRecord {}

/// Offsets of fields that machine code reads and writes.
#[cfg(feature = "cranelift")]
impl EngineCallbackRecord {
    pub(crate) const THREAD: usize = offset_of!(Self, thread);
    pub(crate) const RUNNING: usize = offset_of!(Self, running);
    pub(crate) const PENDING: usize = offset_of!(Self, pending);
    pub(crate) const CONTEXT: usize = offset_of!(Self, context);
    pub(crate) const CALL: usize = offset_of!(Self, call);
    pub(crate) const CALLEE: usize = offset_of!(Self, callee);
    pub(crate) const THIS: usize = offset_of!(Self, this);
}

impl EngineCallbackRecord {
    /// The offset of the record's address in the memory that the stub's context points to. While that address is null,
    /// thunks call the stub's handler.
    pub const IN_CONTEXT: usize = 24;

    /// Makes the record of a stub without an open callback.
    pub const fn new() -> Self {
        Self {
            thread: AtomicU64::new(NOBODY),
            running: Cell::new(0),
            pending: Cell::new(ptr::null()),
            context: Cell::new(ptr::null_mut()),
            call: Cell::new(ptr::null()),
            data: Cell::new(ptr::null()),
            callee: Cell::new([0; 2]),
            this: Cell::new([0; 2]),
        }
    }

    /// Lets thunks call the target on this thread.
    ///
    /// # Safety
    ///
    /// * The stub of the record is this thread's, and no call that thunks made is in progress.
    /// * Until the record is [closed](Self::close), and until all calls that thunks made have returned, the target is
    ///   valid. It belongs to the model and to the helpers that the thunk was made for.
    pub unsafe fn open(&self, target: &EngineCallbackTarget) {
        self.running.set(0);
        self.pending.set(target.pending);
        self.context.set(target.context);
        self.call.set(target.call);
        self.data.set(target.data);
        self.callee.set(target.callee);
        self.this.set(target.this);
        self.thread.store(thread::number(), Ordering::Relaxed);
    }

    /// Makes thunks call the stub's handler from now on. When the last call in progress ends, thunks call
    /// [`EngineCallbackHelpers::ended`].
    ///
    /// # Safety
    ///
    /// The record is open on this thread, or closed.
    pub unsafe fn close(&self) {
        self.thread.store(NOBODY, Ordering::Relaxed);
    }

    /// Returns the number of calls in progress that thunks made.
    ///
    /// # Safety
    ///
    /// The stub of the record is this thread's.
    pub unsafe fn running(&self) -> usize {
        self.running.get()
    }

    /// Returns the data of the helpers.
    ///
    /// # Safety
    ///
    /// A thunk has called a helper with this record.
    pub unsafe fn data(&self) -> *const c_void {
        self.data.get()
    }
}

impl Default for EngineCallbackRecord {
    fn default() -> Self {
        Self::new()
    }
}

/// The functions that thunks of callbacks call, with the callback's record. They must not unwind.
#[derive(Clone, Copy, Debug)]
pub struct EngineCallbackHelpers {
    /// Makes a value of the argument `index` and writes it to its place behind `argv`. The argument is the slot at
    /// `slot`. On failure it keeps the exception, releases the values of the arguments before this one, and returns
    /// `false`.
    pub argument: unsafe extern "C" fn(
        record: *const EngineCallbackRecord,
        index: usize,
        slot: *const u64,
        argv: *mut u8,
    ) -> bool,
    /// Releases the values of all arguments, which lie at `argv`.
    pub release: unsafe extern "C" fn(record: *const EngineCallbackRecord, argv: *const u8),
    /// Converts the value that script has returned, for the callback's result, and releases the value. The memory at
    /// `result` is zero: a slot, or the bytes of an aggregate. On failure it keeps an exception.
    pub result: unsafe extern "C" fn(record: *const EngineCallbackRecord, value: *const u64, result: *mut u64),
    /// Keeps the exception that script has thrown. `thrown` is the memory at the parameter with the role
    /// [`Exception`](crate::engine::values::CallRole::Exception), or zeros.
    pub thrown: unsafe extern "C" fn(record: *const EngineCallbackRecord, thrown: *const u64),
    /// Ends a call of a callback that was closed.
    pub ended: unsafe extern "C" fn(record: *const EngineCallbackRecord),
}

impl EngineCallbackHelpers {
    pub(crate) fn addresses(&self) -> [usize; 5] {
        let Self { argument, release, result, thrown, ended } = *self;
        [argument as usize, release as usize, result as usize, thrown as usize, ended as usize]
    }
}

impl PartialEq for EngineCallbackHelpers {
    fn eq(&self, other: &Self) -> bool {
        self.addresses() == other.addresses()
    }
}

impl Eq for EngineCallbackHelpers {}

impl std::hash::Hash for EngineCallbackHelpers {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.addresses().hash(state);
    }
}
