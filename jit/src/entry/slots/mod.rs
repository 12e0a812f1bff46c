//! The slots entry: a runtime calls a trampoline with a target and a buffer of slots.

#[cfg(feature = "cranelift")]
mod body;
#[cfg(feature = "disasm")]
mod explain;
pub(crate) mod key;
#[cfg(feature = "cranelift")]
mod tail;
pub(crate) mod trampoline;
