//! The entry for engine values: an engine calls its own native function, with its own values.

#[cfg(feature = "cranelift")]
mod body;
#[cfg(feature = "cranelift")]
mod bytes;
#[cfg(feature = "cranelift")]
mod call;
#[cfg(feature = "disasm")]
mod explain;
pub(crate) mod function;
mod interpreter;
pub(crate) mod key;
#[cfg(feature = "cranelift")]
mod objects;
#[cfg(feature = "cranelift")]
pub(crate) mod pack;
#[cfg(feature = "cranelift")]
pub(crate) mod unpack;
