//! Plans to Cranelift's IR.
//!
//! [`signature`] writes a plan down as a Cranelift signature that puts every word where the plan says; [`call`] fills such a
//! signature from an entry and hands the results back; an entry ([`slots`]) knows how a runtime's arguments lie in memory.
//! [`callback`] reads a plan the other way, from C's registers to a handler's arguments, behind a [`stub`].
//! No decision about a calling convention is made here.

pub(crate) mod arrival;
pub(crate) mod blocks;
pub(crate) mod bytes;
pub(crate) mod call;
pub(crate) mod callback;
pub(crate) mod frame;
pub(crate) mod numbers;
pub(crate) mod shim;
pub(crate) mod signature;
pub(crate) mod slots;
pub(crate) mod stub;
pub(crate) mod test;
pub(crate) mod typed;
pub(crate) mod values;
