//! Code in its place: the memory for it, and the generator that fills the memory.
//!
//! No memory is ever writable and executable at one address, and none that may be executing changes its protection.

#[cfg(feature = "cranelift")]
pub(crate) mod chunk;
pub(crate) mod counters;
#[cfg_attr(not(feature = "cranelift"), path = "none/generator.rs")]
pub(crate) mod generator;
#[cfg_attr(not(feature = "cranelift"), path = "none/linker.rs")]
pub(crate) mod linker;
pub(crate) mod once_map;
#[cfg(feature = "cranelift")]
pub(crate) mod unwind;
