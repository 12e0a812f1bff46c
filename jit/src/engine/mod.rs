//! Engines as data: how an engine calls native functions, and how its values and objects lie in memory.

pub(crate) mod call;
pub mod fast_call;
#[cfg(feature = "cranelift")]
pub(crate) mod hole;
pub(crate) mod record;
pub mod values;
