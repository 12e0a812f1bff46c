//! Native functions that get their arguments in registers, as data: the fast-call entry.
//!
//! An optimising compiler that knows a function's type calls it as C would, with additional parameters before and
//! after. A [`FastCallModel`] describes each parameter. Machine code made from it (`entry/fast_call/`) checks the
//! arguments, calls C and widens the result. Refused calls take the [`Exit`]. Objects come as [`Handles`]. Machine code
//! finds their bytes itself if it knows their layout in memory, and calls [`FastCallHelpers::resolve`] otherwise.

mod build;
pub(crate) mod check;
pub(crate) mod model;
mod resolve;

pub use crate::engine::object::{ByteLength, Check, ElementSize, Object, Path, Reading, ResolvedHandle};
pub use check::FastCallError;
pub use model::{
    Exit, FastCallHelpers, FastCallModel, FastCallRole, Handles, MAX_FAST_CALL_PARAMETERS, NoResult, Raise, Release,
    Resolve, Small, Tag,
};
