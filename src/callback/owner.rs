//! The thread that a local callback belongs to, and the data that this thread alone uses.

use std::cell::{Cell, UnsafeCell};

use hotcall_jit::{count_retired_call, thread};

use super::call::Call;
use super::panics::{OnPanic, Panics};
use super::request::Pending;

/// The thread that a local callback belongs to, with the handler that runs there and the calls that wait for it.
pub(super) struct Owner {
    thread: ThreadNumber,
    pending: Pending,
    panics: Panics,
    /// Used on the owner's thread alone.
    handler: UnsafeCell<Option<LocalHandler>>,
    /// The number of runs of the handler that have not returned. Used on the owner's thread alone.
    running: Cell<usize>,
    /// Used on the owner's thread alone.
    closed: Cell<bool>,
}

pub(super) type LocalHandler = Box<dyn Fn(&mut Call<'_>)>;

// SAFETY: the handler and the cells are used on the owner's thread alone. The handler is dropped there too: when
// `LocalCallback` closes, or at the end of its last run. The rest is `Send` and `Sync`.
unsafe impl Send for Owner {}
// SAFETY: the handler and the cells are used on the owner's thread alone; the rest is `Sync`.
unsafe impl Sync for Owner {}

impl Owner {
    /// Makes this thread the owner.
    pub(super) fn new(on_panic: OnPanic, handler: LocalHandler) -> Self {
        Self {
            thread: ThreadNumber::current(),
            pending: Pending::default(),
            panics: Panics::new(on_panic),
            handler: UnsafeCell::new(Some(handler)),
            running: Cell::new(0),
            closed: Cell::new(false),
        }
    }

    #[inline]
    pub(super) fn is_here(&self) -> bool {
        self.thread == ThreadNumber::current()
    }

    pub(super) const fn pending(&self) -> &Pending {
        &self.pending
    }

    pub(super) const fn panics(&self) -> &Panics {
        &self.panics
    }

    /// Answers the calls that wait, and drops the handler unless it is running. Must be called on the owner's thread.
    pub(super) fn close(&self) {
        self.pending.close();
        self.closed.set(true);
        self.drop_handler();
    }

    /// Runs the handler. Must be called on the owner's thread.
    #[inline]
    pub(super) fn run(&self, call: &mut Call<'_>) {
        debug_assert!(self.is_here());
        // SAFETY: this is the owner's thread, and the handler is taken out only while it is not running.
        let Some(handler) = (unsafe { &*self.handler.get() }) else { return count_retired_call() };
        let running = HandlerRun::count(&self.running);
        if !self.panics.guard(|| handler(call)) {
            call.clear_result();
        }
        drop(running);
        self.drop_handler();
    }

    /// Counts a run that another side makes in place of the handler. The handler is not dropped meanwhile. Must be called
    /// on the owner's thread.
    pub(super) fn begin_run(&self) {
        self.running.set(self.running.get() + 1);
    }

    /// Ends such a run. Must be called on the owner's thread.
    pub(super) fn end_run(&self) {
        self.running.set(self.running.get() - 1);
        self.drop_handler();
    }

    /// Drops the handler of a closed callback, unless it is running. Must be called on the owner's thread.
    fn drop_handler(&self) {
        if !self.closed.get() || self.running.get() > 0 {
            return;
        }
        // SAFETY: this is the owner's thread, and the handler is not running, so nothing refers to it.
        let handler = unsafe { (*self.handler.get()).take() };
        // A panic is kept with those of the handler's calls.
        let _: bool = self.panics.guard(|| drop(handler));
    }
}

/// One run of the handler, counted as long as this value lives.
struct HandlerRun<'a>(&'a Cell<usize>);

impl<'a> HandlerRun<'a> {
    fn count(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for HandlerRun<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// A thread's number, which no other thread of the process ever has.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ThreadNumber(u64);

impl ThreadNumber {
    #[inline]
    fn current() -> Self {
        Self(thread::number())
    }
}
