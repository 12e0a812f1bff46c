//! The entry for an engine callback, which is a function of script: C calls a thunk, which calls the engine's call
//! function.

#[cfg(feature = "cranelift")]
mod arguments;
#[cfg(feature = "cranelift")]
mod body;
#[cfg(feature = "disasm")]
mod explain;
pub(crate) mod interpreter;
pub(crate) mod key;
#[cfg(feature = "cranelift")]
mod result;
#[cfg(feature = "cranelift")]
mod script;
