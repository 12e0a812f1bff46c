//! Callbacks: function pointers for C whose calls reach a handler of the runtime.
//!
//! A [`Thunk`] is compiled once for a signature. A callback takes one of the stubs in front of it and binds the stub to
//! a handler. Three kinds differ in the thread that the handler runs on, and in its owner:
//!
//! * [`RawCallback`]: a C function and a pointer, which the runtime keeps;
//! * [`Callback`]: a closure that runs on the thread that calls;
//! * [`LocalCallback`]: a closure that stays on its thread.

pub(crate) mod call;
mod call_count;
mod counted;
pub(crate) mod error;
pub(crate) mod foreign;
pub(crate) mod local;
pub(crate) mod options;
mod owner;
pub(crate) mod panics;
mod raw;
mod request;
pub(crate) mod sync;
pub(crate) mod thunk;
mod types;

pub use call::Call;
pub use error::{CallbackError, HandlerError};
pub use foreign::{Dispatch, ForeignCall};
pub use local::LocalCallback;
pub use options::{LocalOptions, Wait};
pub use panics::{OnPanic, Payload};
pub use raw::{RawCallback, RawHandler, UnwindingRawHandler};
pub use sync::Callback;
pub use thunk::Thunk;
