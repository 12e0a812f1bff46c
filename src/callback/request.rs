//! Requests: calls that wait for the owner's thread.

#![expect(clippy::disallowed_types, reason = "the condition variable needs std's mutex, and no child locks it")]

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hotcall_jit::lock::{Lock, Locked};
use hotcall_jit::{count_retired_call, fork};

use super::call::Call;
use super::types::CallbackTypes;
use crate::function::owned_args::OwnedArgs;
use crate::slots::slot::Slot;

/// A call of another thread, shared by that thread and the owner.
pub(super) struct Request {
    types: &'static CallbackTypes,
    args: Args,
    /// A plain mutex: forks must not wait for a thread that waits for its answer. A child does not use it.
    progress: Mutex<Progress>,
    changed: Condvar,
    /// The generation of the process that waits.
    generation: usize,
}

/// The arguments, and the place of the result.
enum Args {
    /// The slots of the thread that called, valid until it goes on.
    Borrowed(*const Slot, *mut Slot),
    /// A copy, for a call without a result.
    Owned(OwnedArgs),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Queued,
    Running,
    /// Answered by the handler or with zeros.
    Done,
}

// SAFETY: borrowed pointers are used by the thread that turned `progress` from `Queued` to `Running`, while the other
// thread waits for `Done`. Owned arguments are `Send` and `Sync`; addresses in their slots are only data.
unsafe impl Send for Request {}
// SAFETY: borrowed pointers belong to the one thread that turned `progress` to `Running`. Owned arguments are `Sync`.
unsafe impl Sync for Request {}

impl Request {
    /// A request that the caller [waits for](Self::wait).
    ///
    /// # Safety
    ///
    /// The caller keeps the call until `wait` has returned.
    pub(super) unsafe fn waiting(call: &mut Call<'_>) -> Self {
        let (args, result) = call.parts();
        Self::new(call.types(), Args::Borrowed(args, result))
    }

    /// A request that no thread waits for, of a call without a result.
    pub(super) fn posted(call: &Call<'_>) -> Self {
        let aggregates = (0..).zip(call.code().aggregates()).filter_map(|(index, size)| Some((index, (*size)?)));
        // SAFETY: the slots of aggregates hold the addresses of their bytes.
        let args = unsafe { OwnedArgs::copy(call.slots(), aggregates) };
        Self::new(call.types(), Args::Owned(args))
    }

    fn new(types: &'static CallbackTypes, args: Args) -> Self {
        let generation = fork::current_generation();
        Self { types, args, progress: Mutex::new(Progress::Queued), changed: Condvar::new(), generation }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the progress if it is `from`. Returns true if it was.
    fn advance(&self, from: Progress, to: Progress) -> bool {
        // A forked child does not have the thread that waits, and may have copied the lock in its locked state.
        if self.generation != fork::current_generation() {
            return false;
        }
        let mut progress = self.progress();
        let is_from = *progress == from;
        if is_from {
            *progress = to;
            self.changed.notify_all();
        }
        is_from
    }

    /// Answers by `run`, unless the request is already answered.
    pub(super) fn answer(&self, run: impl FnOnce(&mut Call<'_>)) {
        if !self.advance(Progress::Queued, Progress::Running) {
            return;
        }
        // Marks the request as done even if `run` unwinds. Otherwise the other thread would wait for ever.
        let _done = Done(self);
        let mut unused = Slot::default();
        let (args, result) = match &self.args {
            Args::Borrowed(args, result) => (*args, *result),
            Args::Owned(args) => (args.slots().as_ptr(), &raw mut unused),
        };
        // SAFETY: the slots are the call's own or a copy of them. This thread alone uses them and the result until the
        // progress is `Done`.
        run(&mut unsafe { Call::new(self.types, args, result) });
    }

    /// Answers with zeros, unless an answer has begun.
    pub(super) fn abandon(&self) {
        if self.advance(Progress::Queued, Progress::Done) {
            count_retired_call();
        }
    }

    /// Waits until the answer begins, but no longer than this time. Returns true if it has begun.
    pub(super) fn begins_within(&self, patience: Duration) -> bool {
        let is_queued = |progress: &mut Progress| *progress == Progress::Queued;
        let waited = self.changed.wait_timeout_while(self.progress(), patience, is_queued);
        *waited.unwrap_or_else(PoisonError::into_inner).0 != Progress::Queued
    }

    /// Waits for the answer. With a `limit`, waits no longer than that for its beginning.
    pub(super) fn wait(&self, limit: Option<Duration>) {
        // A limit that the clock cannot represent has the effect of `None`.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut progress = self.progress();
        while *progress != Progress::Done {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            progress = match left.filter(|_| *progress == Progress::Queued) {
                Some(Duration::ZERO) => {
                    drop(progress);
                    self.abandon();
                    self.progress()
                }
                Some(left) => self.changed.wait_timeout(progress, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

struct Done<'a>(&'a Request);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.advance(Progress::Running, Progress::Done);
    }
}

/// The requests of one callback that are not answered yet.
#[derive(Default)]
pub(super) struct Pending(Lock<Requests>);

#[derive(Default)]
struct Requests {
    /// Open requests by address.
    open: HashMap<usize, Arc<Request>>,
    closed: bool,
}

impl Pending {
    fn requests(&self) -> Locked<'_, Requests> {
        self.0.hold()
    }

    /// Adds a request. Returns false if the callback was closed.
    pub(super) fn add(&self, request: &Arc<Request>) -> bool {
        let mut requests = self.requests();
        if !requests.closed {
            requests.open.insert(key(request), Arc::clone(request));
        }
        !requests.closed
    }

    pub(super) fn remove(&self, request: &Arc<Request>) {
        let removed = self.requests().open.remove(&key(request));
        // Drops the request outside of the lock.
        drop(removed);
    }

    pub(super) fn len(&self) -> usize {
        self.requests().open.len()
    }

    /// Answers the waiting requests with zeros, and admits no more.
    pub(super) fn close(&self) {
        let mut requests = self.requests();
        requests.closed = true;
        let open = std::mem::take(&mut requests.open);
        drop(requests);
        open.values().for_each(|request| request.abandon());
    }
}

fn key(request: &Arc<Request>) -> usize {
    Arc::as_ptr(request).addr()
}
