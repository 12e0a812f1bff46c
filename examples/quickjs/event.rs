//! Messages of other threads to the event loop.

use hotcall::{ForeignCall, Outcome};

/// A message of another thread to the event loop.
pub(crate) enum Event {
    /// A nonblocking call has returned.
    Done(u32, Outcome),
    /// C called a callback on another thread, which waits.
    Called(ForeignCall),
}
