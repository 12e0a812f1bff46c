//! Entries: the ways into generated code. Each has a folder with its key, the function that is compiled for it, and the code that
//! a runtime gets.

pub(crate) mod callback;
pub(crate) mod engine_values;
pub(crate) mod fast_call;
pub(crate) mod slots;
