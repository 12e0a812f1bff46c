//! The word on which the calls of a callback, its owner and its closing agree.
//!
//! It counts the calls in progress and holds four flags. It is never freed, and keeps its meaning as long as the process lives:
//! a late call counts itself also when the stub serves another callback, and learns from the flags whether it may go on.

#[cfg(all(test, loom))]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(all(test, loom)))]
use std::sync::atomic::{AtomicU64, Ordering};

/// Calls are admitted.
const OPEN: u64 = 1 << 63;
/// The callback is held by its owner.
const HELD: u64 = 1 << 62;
/// No thread has begun to drop the handler.
const UNCLAIMED: u64 = 1 << 61;
/// The handler is not dropped yet, or not wholly.
const ALIVE: u64 = 1 << 60;
/// The flags of a new callback.
const NEW: u64 = OPEN | HELD | UNCLAIMED | ALIVE;
/// The number of calls in progress.
const CALLS: u64 = u32::MAX as u64;

/// The word. All zeros is valid: a stub without a callback.
pub(super) struct CallCount(AtomicU64);

impl CallCount {
    /// Begins a callback, beside the late calls of the stub's last one.
    pub(super) fn open(&self) {
        self.0.fetch_or(NEW, Ordering::Release);
    }

    /// Returns the number of calls in progress.
    pub(super) fn calls(&self) -> usize {
        (self.0.load(Ordering::Relaxed) & CALLS) as usize
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) & OPEN != 0
    }

    /// Counts a call. Returns true if the callback is open: then the handler lives until the call [leaves](Self::leave). A call that
    /// is not admitted leaves too.
    pub(super) fn enter(&self) -> bool {
        self.0.fetch_add(1, Ordering::Acquire) & OPEN != 0
    }

    /// Ends a call. Returns true if the caller has to [claim](Self::claim) the handler, because the callback was closed and this was
    /// the last call in progress.
    pub(super) fn leave(&self) -> bool {
        let before = self.0.fetch_sub(1, Ordering::AcqRel);
        before & OPEN == 0 && before & CALLS == 1
    }

    /// Closes the callback. Returns true if the caller has to [claim](Self::claim) the handler, because it closed the callback and no
    /// call is in progress.
    pub(super) fn close(&self) -> bool {
        let before = self.0.fetch_and(!OPEN, Ordering::AcqRel);
        before & OPEN != 0 && before & CALLS == 0
    }

    /// Claims the handler of a closed callback without calls in progress. Returns true if the caller has to drop the handler.
    ///
    /// The reason to claim may be outdated: another thread may have claimed the handler, and the stub may serve the next callback. So
    /// one atomic step checks the state again.
    pub(super) fn claim(&self) -> bool {
        let claimed = |word| (word & (OPEN | UNCLAIMED | CALLS) == UNCLAIMED).then_some(word & !UNCLAIMED);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Relaxed, claimed).is_ok()
    }

    /// Ends the life of a claimed handler. Returns true if the caller has to free the callback, because its owner has let go.
    pub(super) fn end_handler(&self) -> bool {
        self.0.fetch_and(!ALIVE, Ordering::AcqRel) & HELD == 0
    }

    /// Ends an open callback without calls in progress at once. Returns true if it was one: the caller has to drop the handler and to
    /// free the callback.
    pub(super) fn end_idle(&self) -> bool {
        self.0.compare_exchange(NEW, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Lets go of a closed callback. Returns true if the owner has to free it, because its handler is dropped.
    pub(super) fn let_go(&self) -> bool {
        self.0.fetch_and(!HELD, Ordering::AcqRel) & ALIVE == 0
    }
}

#[cfg(all(test, loom))]
mod tests {
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicUsize;
    use loom::thread;

    use super::*;

    /// A callback as `counted.rs` uses the word. loom checks each access of the handler and of the block.
    struct Model {
        count: CallCount,
        handler: UnsafeCell<bool>,
        block: UnsafeCell<bool>,
        dropped: AtomicUsize,
        freed: AtomicUsize,
    }

    impl Model {
        fn new() -> Arc<Self> {
            let model = Self {
                count: CallCount(AtomicU64::new(0)),
                handler: UnsafeCell::new(true),
                block: UnsafeCell::new(true),
                dropped: AtomicUsize::new(0),
                freed: AtomicUsize::new(0),
            };
            model.count.open();
            Arc::new(model)
        }

        fn call(&self) {
            if self.count.enter() {
                // SAFETY: an admitted call may read the handler and the block.
                assert!(self.handler.with(|handler| unsafe { *handler }) && self.block.with(|block| unsafe { *block }));
            }
            if self.count.leave() {
                self.finish();
            }
        }

        fn finish(&self) {
            if self.count.claim() {
                self.drop_handler();
                if self.count.end_handler() {
                    self.free();
                }
            }
        }

        fn drop_handler(&self) {
            // SAFETY: the handler is claimed.
            self.handler.with_mut(|handler| unsafe { *handler = false });
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }

        fn free(&self) {
            // SAFETY: neither owner nor handler needs the block.
            self.block.with_mut(|block| unsafe { *block = false });
            self.freed.fetch_add(1, Ordering::Relaxed);
        }

        fn close(&self) {
            if self.count.close() {
                self.finish();
            }
        }

        fn drop_owner(&self) {
            if self.count.end_idle() {
                self.drop_handler();
                return self.free();
            }
            self.close();
            if self.count.let_go() {
                self.free();
            }
        }

        fn ends_once(&self) -> bool {
            [&self.dropped, &self.freed].iter().all(|count| count.load(Ordering::Relaxed) == 1)
                && self.count.calls() == 0
        }
    }

    fn check(work: [fn(&Model); 2], rest: fn(&Model)) {
        loom::model(move || {
            let model = Model::new();
            let threads = work.map(|work| {
                let model = Arc::clone(&model);
                thread::spawn(move || work(&model))
            });
            rest(&model);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert!(model.ends_once());
        });
    }

    #[test]
    fn calls_race_with_the_owner_that_drops_the_callback() {
        check([Model::call, Model::call], Model::drop_owner);
    }

    #[test]
    fn a_call_races_with_closing_and_dropping() {
        check([Model::call, Model::close], Model::drop_owner);
    }

    #[test]
    fn a_late_call_does_not_end_the_next_callback() {
        loom::model(|| {
            let model = Model::new();
            model.drop_owner();
            let late = {
                let model = Arc::clone(&model);
                thread::spawn(move || model.call())
            };
            // The stub serves the next callback.
            model.handler.with_mut(|handler| unsafe { *handler = true });
            model.block.with_mut(|block| unsafe { *block = true });
            model.count.open();
            assert!(model.count.is_open());
            late.join().unwrap();
            assert_eq!(model.dropped.load(Ordering::Relaxed), 1);
            model.drop_owner();
            assert_eq!((model.dropped.load(Ordering::Relaxed), model.freed.load(Ordering::Relaxed)), (2, 2));
        });
    }
}
