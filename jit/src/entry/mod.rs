//! Entries: ways into generated code. Each entry has a folder with its key, the body that is compiled for it, and the
//! function that a runtime gets.

pub(crate) mod callback;
pub(crate) mod engine_callback;
pub(crate) mod engine_values;
pub(crate) mod fast_call;
pub(crate) mod slots;
