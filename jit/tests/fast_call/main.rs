//! The fast-call entry without an engine: native functions called as compilers' code would call them.

#![cfg(all(feature = "cranelift", target_arch = "x86_64", not(windows)))]

mod engine;
mod heap;
mod mixed;
mod native;
mod numbers;

mod differential;
mod errors;
mod exits;
mod first_call;
mod forms;
mod life;
mod objects;
mod plain;
mod results;
#[cfg(target_os = "linux")]
mod stepping;
mod unwinding;
