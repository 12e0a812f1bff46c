//! What a function with a fast call would throw, until script throws it.
//!
//! Where optimised code calls such a function by its ordinary callback, as it does after a fast call that refused its arguments, V8
//! before 11.4 has no way from there to the `catch` and `finally` of the functions that it was compiled from: what the callback
//! throws leaves them all. So the callback throws nothing. It keeps what it would throw, and returns an object that nothing else
//! returns; and the function that script has of it, a wrapper that `prelude.js` makes, looks for that after each call.

use std::cell::{Cell, OnceCell};

use crate::engine::Thrown;
use crate::isolate::Isolate;
use crate::native::Arguments;
use crate::value::{Root, Value};

/// What was not thrown yet. Nothing runs between a callback that fails and its wrapper's look, so there is one at most.
#[derive(Default)]
pub(crate) struct Failure {
    thrown: Cell<Option<Thrown>>,
    failed: OnceCell<Root>,
}

impl Failure {
    /// Lets go of all values.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Keeps what is to be thrown, and gives what to return.
pub(crate) fn keep(isolate: &Isolate, thrown: Thrown) -> Value {
    isolate.failure.thrown.set(Some(thrown));
    failed(isolate)
}

/// What a function returns that has failed.
pub(crate) fn failed(isolate: &Isolate) -> Value {
    isolate.failure.failed.get_or_init(|| isolate.keep(isolate.object())).value()
}

/// Throws what was kept.
pub(crate) fn throw(isolate: &Isolate, _: &Arguments) -> Result<Option<Value>, Thrown> {
    isolate.failure.thrown.take().map_or(Ok(None), Err)
}
