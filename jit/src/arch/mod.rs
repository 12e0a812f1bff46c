//! Architectures: machine code that is written by hand, one folder for each, and the words in memory that such code
//! reads.
//!
//! [`universal`] belongs to the machine that this crate is compiled for. All other code is bytes, which tests check on
//! any machine.

#[cfg(feature = "cranelift")]
pub(crate) mod jump;
pub(crate) mod machine;
pub(crate) mod operands;
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64", not(windows)))]
#[path = "x86_64/universal.rs"]
pub(crate) mod universal;
#[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", not(windows))))]
#[path = "none.rs"]
pub(crate) mod universal;
#[cfg(feature = "cranelift")]
pub(crate) mod x86_64;
