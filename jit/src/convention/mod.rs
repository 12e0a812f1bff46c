//! Calling conventions: one file for each, written after its specification.
//!
//! A [`Convention`](registers::Convention) is data and a function. The function turns a signature into a
//! [`Plan`](plan::Plan), which names for each byte of each value its register or stack place. Later stages read plans,
//! and decide nothing about registers.

pub(crate) mod abi;
pub(crate) mod canonical;
pub(crate) mod departure;
#[cfg(feature = "cranelift")]
pub(crate) mod order;
pub(crate) mod plan;
pub(crate) mod registers;
pub(crate) mod spare;
pub(crate) mod sysv64;
pub(crate) mod verify;
