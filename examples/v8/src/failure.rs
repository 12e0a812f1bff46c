//! What a function with a fast call would throw, until script throws it.
//!
//! Where optimised code calls such a function by its ordinary callback, as it does after a fast call that refused its arguments, V8
//! before 11.4 has no way from there to the `catch` and `finally` of the functions that it was compiled from: what the callback
//! throws leaves them all. So the callback throws nothing. It keeps what it would throw, says so in an object of script's, and returns;
//! and the function that script has of it, a wrapper that `prelude.js` makes, looks there after each call.

use std::cell::{Cell, OnceCell};

use crate::engine::Thrown;
use crate::isolate::Isolate;
use crate::native::Arguments;
use crate::value::{Root, Value};

/// What was not thrown yet. Nothing runs between a callback that fails and its wrapper's look, so there is one at most.
#[derive(Default)]
pub(crate) struct Failure {
    thrown: Cell<Option<Thrown>>,
    /// An object whose `failed` is 1 while there is something, else 0. It is the prelude's own, so that script cannot change it.
    state: OnceCell<Root>,
    failed: Cell<bool>,
}

impl Failure {
    /// Lets go of all values.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Keeps what is to be thrown.
pub(crate) fn keep(isolate: &Isolate, thrown: Thrown) {
    isolate.failure.thrown.set(Some(thrown));
    say(isolate, true);
}

/// Forgets what was kept where V8 ended the script before the wrapper could look.
pub(crate) fn forget(isolate: &Isolate) {
    if isolate.failure.failed.get() {
        say(isolate, false);
    }
}

fn say(isolate: &Isolate, failed: bool) {
    isolate.failure.failed.set(failed);
    if let Some(state) = isolate.failure.state.get() {
        isolate.set(state.value(), "failed", isolate.number(u8::from(failed).into()));
    }
}

/// Takes the object that says whether there is something.
pub(crate) fn install(isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
    let _ = isolate.failure.state.set(isolate.keep(arguments.get(0)));
    Ok(None)
}

/// Throws what was kept. Called when there is something, which whatever native function comes next forgets.
pub(crate) fn throw(isolate: &Isolate, _: &Arguments) -> Result<Option<Value>, Thrown> {
    isolate.failure.thrown.take().map_or(Ok(None), Err)
}
