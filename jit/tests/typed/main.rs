//! The `typed` entry without an engine: native functions called as compilers' code would call them.

#![cfg(all(feature = "cranelift", target_arch = "x86_64", not(windows)))]

#[path = "../support/notation.rs"]
mod notation;
#[path = "../support/random.rs"]
mod random;
#[expect(dead_code, reason = "scalars come from elsewhere")]
#[path = "../support/types.rs"]
mod types;

mod engine;
mod heap;
mod native;

mod differential;
