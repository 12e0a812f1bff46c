//! Counts of code, callbacks and calls in this process.

use hotcall_jit::{Jit, Stats};

/// Counts the compiled code and the callbacks of this process. The code that calls functions for [engines](crate::engine)
/// counts as trampolines, too.
///
/// ```
/// # fn main() -> Result<(), hotcall::Error> {
/// let callback = hotcall::Callback::sync(
///     &hotcall::Thunk::new(&hotcall::Signature::new([], None)?)?,
///     hotcall::OnPanic::Catch,
///     |_| {},
/// )?;
/// assert!(hotcall::stats().callbacks >= 1);
/// # drop(callback);
/// # Ok(())
/// # }
/// ```
pub fn stats() -> Stats {
    // On a machine that hotcall does not know, all counts are 0.
    Jit::shared().map(Jit::stats).unwrap_or_default()
}

/// Counts the calls of callbacks in this process that were answered with zeros instead of by a handler. The callback
/// was closed, or a [`ForeignCall`](crate::ForeignCall) was dropped or waited too long.
pub fn retired_calls() -> u64 {
    hotcall_jit::retired_calls()
}
