//! What becomes of a panic in a handler.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Mutex, PoisonError};

use hotcall_jit::fork;

/// The outcome of a panic in a handler, or in the destructors of its captures. A C++ exception that reaches a Rust handler
/// ends the process in any case. So does every panic in programs compiled with `panic = "abort"`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum OnPanic {
    /// C gets zeros. What the handler panicked with is kept for `take_panic`: the first one until it is taken.
    #[default]
    Catch,
    /// The process ends.
    Abort,
}

/// What a handler panicked with.
pub type Payload = Box<dyn Any + Send>;

/// The rule of one callback, and the panic it kept.
#[derive(Default)]
pub(super) struct Panics {
    rule: OnPanic,
    kept: Mutex<Option<Payload>>,
}

impl Panics {
    pub(super) const fn new(rule: OnPanic) -> Self {
        Self { rule, kept: Mutex::new(None) }
    }

    /// Runs a handler, or a part of one, and says whether it came to its end.
    #[must_use]
    pub(super) fn guard(&self, run: impl FnOnce()) -> bool {
        let Err(payload) = catch_unwind(AssertUnwindSafe(run)) else { return true };
        match self.rule {
            OnPanic::Catch => self.keep(payload),
            OnPanic::Abort => {
                // The panic has been reported already, by the hook.
                // With nobody to read the message the exit remains.
                let _ = writeln!(io::stderr(), "hotcall: a callback's handler panicked, which its rule is to abort on");
                process::abort();
            }
        }
        false
    }

    fn keep(&self, payload: Payload) {
        let mut kept = fork::lock(&self.kept);
        if kept.is_none() {
            *kept = Some(payload);
            return;
        }
        drop(kept);
        discard(payload);
    }

    pub(super) fn take(&self) -> Option<Payload> {
        fork::lock(&self.kept).take()
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        // The last call out may be what drops this, and nothing may unwind from there.
        if let Some(payload) = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            discard(payload);
        }
    }
}

/// Drops a payload, which may panic once more: what that panics with is left alone.
fn discard(payload: Payload) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}
