//! C functions that can be called by [values](Function::call), by [slots](Function::call_slots), or later as an
//! [`OwnedCall`].

mod checked_calls;
pub(crate) mod error;
#[expect(clippy::module_inception, reason = "the room is named after what this file defines")]
pub(crate) mod function;
pub(crate) mod options;
pub(crate) mod owned_args;
pub(crate) mod owned_call;
pub(crate) mod prototype;
mod slot_calls;

pub use error::{CallError, CompileError, FunctionError};
pub use function::Function;
pub use options::FunctionOptions;
pub use owned_call::{Outcome, OwnedCall};
