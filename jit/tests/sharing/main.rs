//! Code that signatures share, on one thread and on many, and the statistics of code.

#![cfg(all(target_arch = "x86_64", not(windows)))]

mod shapes;
#[cfg(feature = "cranelift")]
mod stats;
#[cfg(feature = "cranelift")]
mod threads;
