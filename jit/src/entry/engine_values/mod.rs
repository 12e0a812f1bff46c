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
mod object;
#[cfg(feature = "cranelift")]
pub(crate) mod pack;
mod passed;
#[cfg(feature = "cranelift")]
mod pin;
pub(crate) mod policy;
#[cfg(feature = "cranelift")]
mod read;
#[cfg(feature = "cranelift")]
mod read_arguments;
#[cfg(feature = "cranelift")]
mod reader;
#[cfg_attr(not(feature = "cranelift"), path = "none/readers.rs")]
pub(crate) mod readers;
pub(crate) mod shape;
pub(crate) mod uncompiled;
#[cfg(feature = "cranelift")]
pub(crate) mod unpack;
#[cfg(feature = "cranelift")]
mod unpacked;
