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
    /// The time for which calls on other threads wait for the owner.
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

/// The time for which a call on another thread waits for its owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Wait {
    /// The call waits until it is answered.
    #[default]
    Forever,
    /// The call waits until it is answered, if the owner begins within this time. Otherwise it returns zeros and is
    /// counted.
    AtMost(Duration),
    /// The call does not wait: a copy of the arguments is handed on, and the call returns. The callback must not have a
    /// result. It must not take pointers, because they may dangle when the handler runs.
    NoWait,
}
