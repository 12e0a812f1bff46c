//! The entry for engine values: an engine calls its own native function, with its own values.

#[cfg(feature = "cranelift")]
mod body;
#[cfg(feature = "cranelift")]
mod call;
#[cfg(feature = "cranelift")]
mod call_parts;
pub(crate) mod destination;
mod dropped;
#[cfg(feature = "disasm")]
mod explain;
pub(crate) mod function;
pub(crate) mod holder;
pub(crate) mod interpreted;
pub(crate) mod interpreter;
pub(crate) mod key;
#[cfg(feature = "cranelift")]
mod make;
mod native_result;
#[cfg(feature = "cranelift")]
mod objects;
#[cfg(feature = "cranelift")]
pub(crate) mod pack;
mod passed;
pub(crate) mod policy;
pub(crate) mod shape;
pub(crate) mod uncompiled;
#[cfg(feature = "cranelift")]
pub(crate) mod unpack;
