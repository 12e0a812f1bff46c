//! Code that signatures share: which of them do, on one thread and on many, and how it is counted.

#![cfg(all(target_arch = "x86_64", not(windows)))]

mod shapes;
#[cfg(feature = "cranelift")]
mod stats;
#[cfg(feature = "cranelift")]
mod threads;
