//! Compiled code: the registers that it leaves alone, and the limits of what is compiled.

#![cfg(all(target_arch = "x86_64", not(windows)))]

#[cfg(feature = "disasm")]
mod jumps;
mod limits;
#[cfg(feature = "disasm")]
mod registers;
