//! Choices for callbacks that stay on their thread.

use std::time::Duration;

use super::panics::OnPanic;

/// Choices for a [`LocalCallback`](crate::LocalCallback).
///
/// ```
/// use hotcall::{LocalOptions, OnPanic, Wait};
///
/// let options = LocalOptions::new().wait(Wait::NoWait);
/// assert_eq!(options.on_panic, OnPanic::Catch);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct LocalOptions {
    /// The rule for panics of the handler, or of the [`Dispatch`](crate::Dispatch) while it takes a call.
    pub on_panic: OnPanic,
    /// How long calls on other threads than the owner's wait.
    pub wait: Wait,
}

impl LocalOptions {
    /// The defaults: panics are caught, and other threads wait until they are answered.
    pub const fn new() -> Self {
        Self { on_panic: OnPanic::Catch, wait: Wait::Forever }
    }

    /// Sets the rule for panics of the handler, or of the [`Dispatch`](crate::Dispatch) while it takes a call.
    pub const fn on_panic(self, on_panic: OnPanic) -> Self {
        Self { on_panic, ..self }
    }

    /// Sets how long calls on other threads wait.
    pub const fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }
}

/// How long a call on another thread waits for its owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Wait {
    /// Until it is answered.
    #[default]
    Forever,
    /// Until it is answered, if the owner begins within this time. Otherwise the call returns zeros and is counted.
    AtMost(Duration),
    /// Not at all: a copy of the arguments is handed on, and the call returns. The callback must not return anything or take
    /// pointers, because these may dangle when the handler runs.
    NoWait,
}
