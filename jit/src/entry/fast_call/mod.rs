//! The entry for a fast call: an engine's compiled code calls a native function with its arguments in registers.

#[cfg(feature = "cranelift")]
mod body;
#[cfg(feature = "cranelift")]
mod call;
#[cfg(feature = "disasm")]
mod explain;
mod first_call;
pub(crate) mod function;
pub(crate) mod key;
#[cfg(feature = "cranelift")]
mod moves;
#[cfg(feature = "cranelift")]
mod needs;
#[cfg(feature = "cranelift")]
mod objects;
pub(crate) mod shape;
#[cfg_attr(not(feature = "cranelift"), path = "none.rs")]
mod template;
