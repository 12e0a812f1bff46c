//! Callbacks whose handler is dropped once, when the callback is closed and no call is in progress.
//!
//! Calls and closing agree on one atomic word in the data of the stub: the number of calls in progress, and four flags.
//! The word is never freed, and keeps its meaning as long as the process lives. So a late call may add itself to the
//! number, even if the stub has got another callback. The flags then say whether the call may go on.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;
use std::sync::atomic::AtomicPtr;

#[cfg(not(all(test, loom)))]
use hotcall_jit::engine::values::EngineCallbackRecord;
use hotcall_jit::{Handler, Stub, StubPool, Use, count_retired_call};

use super::call::Call;
use super::call_count::CallCount;
use super::error::CallbackError;
use super::panics::{OnPanic, Panics, Payload};
use super::thunk::Thunk;
use super::types::CallbackTypes;
use crate::slots::slot::Slot;

/// Answers the calls of a callback.
pub(super) trait Answer: Send + Sync {
    /// Answers a call, and catches every panic.
    fn answer(&self, call: &mut Call<'_>, panics: &Panics);
}

impl<F: Fn(&mut Call<'_>) + Send + Sync> Answer for F {
    fn answer(&self, call: &mut Call<'_>, panics: &Panics) {
        if !panics.guard(|| self(call)) {
            call.clear_result();
        }
    }
}

/// The data of a stub.
#[repr(C)]
struct CallState {
    calls: CallCount,
    /// Initialised while the callback is held, or its handler alive.
    block: UnsafeCell<MaybeUninit<NonNull<Block<dyn Answer>>>>,
    /// The record of the stub, if its thunk is one that calls script itself. Null at first; then it does not change.
    record: AtomicPtr<c_void>,
}

// loom's atomics are larger.
#[cfg(not(all(test, loom)))]
const _: () = assert!(size_of::<CallState>() <= 32 && align_of::<CallState>() <= 8);
#[cfg(not(all(test, loom)))]
const _: () = assert!(mem::offset_of!(CallState, record) == EngineCallbackRecord::IN_CONTEXT);

/// The allocation of a callback.
struct Block<H: ?Sized> {
    /// Initialised once the owner has released the callback, unless the owner frees the block itself.
    stub: UnsafeCell<MaybeUninit<Stub>>,
    /// The pool that the stub came from.
    stubs: &'static StubPool,
    types: &'static CallbackTypes,
    panics: Panics,
    /// Initialised while the handler is alive.
    handler: UnsafeCell<ManuallyDrop<H>>,
}

/// The owner's hold on a callback. One word, so that it travels in a register.
pub(super) struct Counted(ManuallyDrop<Stub>);

// SAFETY: the handler and the rest of the block are `Send` and `Sync`, and the state changes by atomic operations
// alone.
unsafe impl Send for Counted {}
// SAFETY: the handler and the rest of the block are `Sync`, and the state changes by atomic operations alone.
unsafe impl Sync for Counted {}

impl Counted {
    #[inline]
    pub(super) fn new(thunk: &Thunk, on_panic: OnPanic, handler: impl Answer + 'static) -> Result<Self, CallbackError> {
        let (stubs, types) = (thunk.code().stubs(Use::Counted), thunk.types());
        let stub = stubs.take().map_err(CallbackError::stub)?;
        let handler = UnsafeCell::new(ManuallyDrop::new(handler));
        let panics = Panics::new(on_panic);
        let no_stub = UnsafeCell::new(MaybeUninit::uninit());
        let block: Box<Block<dyn Answer>> = Box::new(Block { stub: no_stub, stubs, types, panics, handler });
        Ok(Self::open(stub, NonNull::from(Box::leak(block))))
    }

    #[inline]
    fn open(stub: Stub, block: NonNull<Block<dyn Answer>>) -> Self {
        let counted = Self(ManuallyDrop::new(stub));
        let state = counted.state();
        // SAFETY: no flag of a stub without a holder is set, because `free` alone gives stubs back. So no call is admitted,
        // and nothing reads the block's address.
        unsafe { *state.block.get() = MaybeUninit::new(block) };
        // Adds to the count of calls that are too late for the stub's last callback.
        state.calls.open();
        let stub = &counted.0;
        // SAFETY: this thread holds the stub. Such stubs are bound to `ENTER` with their own data alone, so any mix of
        // loads is this pair. `enter` may be called with it at any time, because the data of stubs that C may call are
        // never freed.
        unsafe { stub.bind(ENTER, stub.data()) };
        counted
    }

    pub(super) fn as_ptr(&self) -> *const c_void {
        self.0.entry()
    }

    /// The number of calls in progress.
    pub(super) fn running(&self) -> usize {
        self.state().calls.calls()
    }

    pub(super) fn is_closed(&self) -> bool {
        !self.state().calls.is_open()
    }

    /// The address of the stub's record, for thunks that call script themselves.
    pub(super) fn record(&self) -> &'static AtomicPtr<c_void> {
        &self.state().record
    }

    /// Counts a call, if the callback is open. Until the value is dropped, the handler lives and the stub is not reused.
    pub(super) fn begin_call(&self) -> Option<Running<'static>> {
        self.state().admit()
    }

    pub(super) fn take_panic(&self) -> Option<Payload> {
        // SAFETY: the block lives as long as the owner holds the callback.
        unsafe { self.state().block().as_ref() }.panics.take()
    }

    pub(super) fn close(&self) {
        self.0.retire();
        if self.state().calls.close() {
            self.state().finish();
        }
    }

    fn state(&self) -> &'static CallState {
        // SAFETY: the data of these stubs are states and are never freed. They are all zero at first, which is a valid
        // state.
        unsafe { &*self.0.data().cast() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.retire();
        let state = self.state();
        // SAFETY: the owner holds the callback, so the block lives.
        let block = unsafe { state.block() };
        // Usually the callback is open and no call is in progress.
        let only_owner = state.calls.end_idle();
        if !only_owner {
            self.close();
        }
        // SAFETY: the owner does not use its stub again. The thread that frees the block takes the stub: no thread while the
        // owner holds the callback, and otherwise this one.
        unsafe { *block.as_ref().stub.get() = MaybeUninit::new(ManuallyDrop::take(&mut self.0)) };
        if only_owner {
            // SAFETY: no call is admitted or in progress, so nothing else uses the block. The handler is alive.
            unsafe { free(block, Remains::WithHandler) };
        } else if state.calls.let_go() {
            // SAFETY: neither owner nor handler needs the block any more, and the owner has put its stub there.
            unsafe { free(block, Remains::WithoutHandler) };
        }
    }
}

impl CallState {
    /// Counts a call, if the callback is open.
    fn admit(&self) -> Option<Running<'_>> {
        let running = Running(self);
        self.calls.enter().then_some(running)
    }

    /// The callback's allocation.
    ///
    /// # Safety
    ///
    /// The owner holds the callback or the handler is alive, until this returns.
    unsafe fn block(&self) -> NonNull<Block<dyn Answer>> {
        // SAFETY: the address is initialised before either flag is set, and not written to while one is.
        unsafe { (*self.block.get()).assume_init() }
    }

    /// Drops the handler of a closed callback without calls in progress, unless another thread has done so.
    ///
    /// The caller's reason may be outdated: another thread may have dropped the handler, and the stub may serve the next
    /// callback. So one atomic step checks the state again and claims the handler.
    #[cold]
    fn finish(&self) {
        if !self.calls.claim() {
            return;
        }
        // SAFETY: the handler is alive until this function clears it, because it claimed the handler.
        let block = unsafe { self.block() };
        // SAFETY: the block lives while the handler is alive.
        let Block { panics, handler, .. } = unsafe { block.as_ref() };
        // SAFETY: the callback is closed and no call is in progress, so nothing uses the handler. This thread claimed
        // it. A panic is kept with those of the handler's calls.
        let _: bool = panics.guard(|| unsafe { ManuallyDrop::drop(&mut *handler.get()) });
        if self.calls.end_handler() {
            // SAFETY: neither owner nor handler needs the block any more, and the owner has put its stub there.
            unsafe { free(block, Remains::WithoutHandler) };
        }
    }
}

/// The parts that a block still holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Remains {
    WithHandler,
    WithoutHandler,
}

/// Gives back a callback's stub and frees its block.
///
/// # Safety
///
/// * Nothing else uses the block.
/// * `remains` says which parts it still holds.
/// * It holds the stub, which is retired.
unsafe fn free(block: NonNull<Block<dyn Answer>>, remains: Remains) {
    // SAFETY: the block was leaked from a box, and nothing else uses it.
    let mut block = unsafe { Box::from_raw(block.as_ptr()) };
    // SAFETY: the owner has put the stub here, which came from this pool and is retired.
    unsafe { block.stubs.give_back(block.stub.get_mut().assume_init_read()) };
    if remains == Remains::WithHandler {
        let Block { panics, handler, .. } = &mut *block;
        // SAFETY: the caller promises that the handler is not dropped yet. It is not used again.
        let _: bool = panics.guard(|| unsafe { ManuallyDrop::drop(handler.get_mut()) });
    }
}

/// A call in progress, which is counted as long as this value lives.
pub(super) struct Running<'a>(&'a CallState);

impl Running<'_> {
    fn block(&self) -> &Block<dyn Answer> {
        // SAFETY: a call that was admitted keeps the handler alive, and so the block.
        unsafe { self.0.block().as_ref() }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.0.calls.leave() {
            self.0.finish();
        }
    }
}

/// The handler of all these stubs. It does not unwind, although its type would allow it.
const ENTER: Handler = {
    // SAFETY: function types that differ in `-unwind` alone are compatible.
    unsafe { mem::transmute::<unsafe extern "C" fn(*mut c_void, *const u64, *mut u64), Handler>(enter) }
};

/// # Safety
///
/// `context` is the data of a stub that is bound to [`ENTER`]. The thunk passes `args` and `result`.
unsafe extern "C" fn enter(context: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the context is the data of such a stub, which is a state and is never freed.
    let state = unsafe { &*context.cast::<CallState>() };
    let Some(running) = state.admit() else { return count_retired_call() };
    let Block { types, panics, handler, .. } = running.block();
    // SAFETY: a `Slot` is a `u64` of the thunk's. The thunk passes arguments and a result that this call alone uses.
    let mut call = unsafe { Call::new(types, args.cast::<Slot>(), result.cast()) };
    // SAFETY: the handler lives as long as a call is in progress, and is only shared meanwhile.
    let handler = unsafe { &*handler.get() };
    handler.answer(&mut call, panics);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hotcall_jit::{Signature, Type};

    use super::*;

    #[test]
    fn a_call_that_is_late_drops_no_handler_of_the_next_callback() {
        let signature = Signature::new([Type::I16, Type::F32], None).unwrap();
        let thunk = Thunk::new(&signature).unwrap();
        let held = Arc::new(());
        let captured = Arc::clone(&held);
        let next = Counted::new(&thunk, OnPanic::Catch, move |_: &mut Call<'_>| _ = &captured).unwrap();
        // A call of the stub's last callback found it closed and was the last one in progress. It finishes that
        // callback only now.
        next.state().finish();
        assert_eq!((Arc::strong_count(&held), next.is_closed()), (2, false));
        next.close();
        assert_eq!(Arc::strong_count(&held), 1);
        drop(next);
    }
}
