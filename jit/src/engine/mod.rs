//! Engines as data: the ways in which engines call native functions, and the layouts of their values and objects in
//! memory.

pub(crate) mod call;
pub(crate) mod callback;
pub mod fast_call;
#[cfg(feature = "cranelift")]
pub(crate) mod hole;
pub(crate) mod lines;
pub(crate) mod number_object;
pub(crate) mod object;
pub(crate) mod pins;
pub(crate) mod record;
pub(crate) mod test;
pub mod values;
