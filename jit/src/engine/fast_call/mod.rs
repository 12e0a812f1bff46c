//! Native functions whose arguments the caller has put into registers itself, as data: the fast-call entry.
//!
//! An optimising compiler that knows a function's type calls it as C would, with parameters of its own before and after.
//! A [`FastCallModel`] says what each parameter is; machine code made from it (`entry/fast_call/`) checks the arguments, calls C
//! and widens the result. What it refuses takes the [`Exit`]. Objects come as [`Handles`], whose bytes machine code finds by
//! itself where it knows how they lie in memory, and [`FastCallHelpers::resolve`] elsewhere.

mod build;
pub(crate) mod check;
pub(crate) mod model;
mod object;

pub use check::FastCallError;
pub use model::{
    Check, Exit, FastCallHelpers, FastCallModel, FastCallRole, Handles, MAX_FAST_CALL_PARAMETERS, Object, Path, Raise,
    Resolve, ResolvedHandle, Small, Tag,
};
