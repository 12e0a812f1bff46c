//! C's side of a call: types, signatures, layouts, and the numbers that C's types hold.

pub(crate) mod definitions;
pub(crate) mod form;
pub(crate) mod layout;
pub(crate) mod limits;
pub(crate) mod members;
#[cfg(feature = "cranelift")]
pub(crate) mod narrowing;
pub mod numbers;
pub(crate) mod pointer;
pub(crate) mod scalar;
pub(crate) mod signature;
pub(crate) mod types;
