//! Calls from threads other than the handler's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hotcall_jit::count_retired_call;

use super::call::Call;
use super::options::Wait;
use super::owner::Owner;
use super::request::Request;

/// Brings calls from other threads to the thread of a [`LocalCallback`](crate::LocalCallback): the runtime's event loop.
pub trait Dispatch: Send + Sync + 'static {
    /// Hands the call on, so that the owner's thread [runs](ForeignCall::run) it. This function runs on the thread that
    /// C calls on, which waits for the answer afterwards.
    ///
    /// # Errors
    ///
    /// The call, if it cannot be handed on. Like every dropped call, it is answered with zeros and counted.
    fn dispatch(&self, call: ForeignCall) -> Result<(), ForeignCall>;

    /// The time after which a waiting call is [overdue](Self::overdue), if the owner has not begun to answer it. `None` if
    /// calls are never overdue.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Reports a call that is overdue. The owner may wait for the thread that called, so that both wait for ever. This
    /// function runs on that thread, which goes on waiting afterwards. It is not called if calls wait only for [some
    /// time](Wait::AtMost).
    fn overdue(&self) {}
}

impl<F: Fn(ForeignCall) -> Result<(), ForeignCall> + Send + Sync + 'static> Dispatch for F {
    fn dispatch(&self, call: ForeignCall) -> Result<(), ForeignCall> {
        self(call)
    }
}

/// A call that waits for its owner's thread.
///
/// Dropping it answers zeros and counts it as a [retired call](crate::retired_calls).
#[must_use = "dropping the call answers zeros"]
pub struct ForeignCall {
    owner: Arc<Owner>,
    request: Arc<Request>,
}

impl ForeignCall {
    /// Runs the handler, and releases the thread that waits. Does nothing if the call was already answered, because its
    /// time limit passed or the callback was closed.
    ///
    /// # Errors
    ///
    /// The call, if this is not its owner's thread.
    pub fn run(self) -> Result<(), Self> {
        if !self.owner.is_here() {
            return Err(self);
        }
        self.owner.pending().remove(&self.request);
        self.request.answer(|call| self.owner.run(call));
        Ok(())
    }
}

impl Drop for ForeignCall {
    fn drop(&mut self) {
        self.request.abandon();
        self.owner.pending().remove(&self.request);
    }
}

/// Answers a call on a thread that is not the owner's. Hands it on, and waits for the answer as `wait` says.
pub(super) fn call_from_elsewhere(owner: &Arc<Owner>, call: &mut Call<'_>, wait: Wait, dispatch: &impl Dispatch) {
    let request = Arc::new(match wait {
        Wait::NoWait => Request::posted(call),
        // SAFETY: this function keeps the call until `wait` has returned, even if `dispatch` panics.
        Wait::Forever | Wait::AtMost(_) => unsafe { Request::waiting(call) },
    });
    if !owner.pending().add(&request) {
        return count_retired_call();
    }
    let foreign = ForeignCall { owner: Arc::clone(owner), request: Arc::clone(&request) };
    // A call that comes back was not handed on, and is dropped.
    if !owner.panics().guard(|| drop(dispatch.dispatch(foreign))) {
        request.abandon();
        owner.pending().remove(&request);
    }
    let limit = match wait {
        Wait::NoWait => return,
        Wait::Forever => {
            if dispatch.patience().is_some_and(|patience| !request.begins_within(patience)) {
                let _: bool = owner.panics().guard(|| dispatch.overdue());
            }
            None
        }
        Wait::AtMost(limit) => Some(limit),
    };
    request.wait(limit);
    owner.pending().remove(&request);
}

impl fmt::Debug for ForeignCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignCall").finish_non_exhaustive()
    }
}
