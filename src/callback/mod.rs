//! Callbacks: function pointers for C whose calls reach a handler of the runtime's.
//!
//! A [`Thunk`] is compiled once for a signature; a callback takes one of the stubs in front of it and binds it to a handler.
//! Three kinds differ in where the handler runs and in who keeps it: [`RawCallback`] (a C function and a pointer, which the
//! runtime keeps), [`Callback`] (a closure that runs wherever it is called) and [`LocalCallback`] (a closure that stays on its
//! thread).

pub(crate) mod call;
mod counted;
pub(crate) mod error;
mod foreign;
mod local;
mod options;
mod owner;
mod panics;
mod raw;
mod request;
mod sync;
mod thunk;
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
