//! Panics in handlers: caught and kept, or fatal.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;

use hotcall_jit::lock::Lock;

/// The outcome of a panic in a handler, or in the destructors of its captures. A C++ exception that reaches a Rust
/// handler always ends the process. So does every panic in programs compiled with `panic = "abort"`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum OnPanic {
    /// C gets zeros. The payload is kept for `take_panic`: the first one until it is taken.
    #[default]
    Catch,
    /// The process ends.
    Abort,
}

/// The payload of a panic in a handler.
pub type Payload = Box<dyn Any + Send>;

/// The rule of one callback, and the panic that it kept.
#[derive(Default)]
pub(crate) struct Panics {
    rule: OnPanic,
    kept: Lock<Option<Payload>>,
}

impl Panics {
    pub(crate) const fn new(rule: OnPanic) -> Self {
        Self { rule, kept: Lock::new(None) }
    }

    /// Runs a handler, or a part of one. Returns false if it panicked.
    #[must_use]
    pub(crate) fn guard(&self, run: impl FnOnce()) -> bool {
        let Err(payload) = catch_unwind(AssertUnwindSafe(run)) else { return true };
        match self.rule {
            OnPanic::Catch => self.keep(payload),
            OnPanic::Abort => {
                // The panic hook has already reported the panic. The process ends even if this message cannot be
                // written.
                let _ = writeln!(io::stderr(), "hotcall: a callback's handler panicked, which its rule is to abort on");
                process::abort();
            }
        }
        false
    }

    fn keep(&self, payload: Payload) {
        let mut kept = self.kept.hold();
        if kept.is_none() {
            *kept = Some(payload);
            return;
        }
        drop(kept);
        discard(payload);
    }

    pub(crate) fn take(&self) -> Option<Payload> {
        self.kept.hold().take()
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        // The last call in progress may drop this value, and must not unwind.
        if let Some(payload) = self.kept.get_mut().take() {
            discard(payload);
        }
    }
}

/// Drops a payload. If its destructor panics, the second payload is leaked, because dropping it could panic again.
fn discard(payload: Payload) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}
