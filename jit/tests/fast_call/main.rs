//! The fast-call entry without an engine: native functions called as compilers' code would call them.

#![cfg(all(feature = "cranelift", target_arch = "x86_64", not(windows)))]

#[path = "../support/c.rs"]
mod c;
#[path = "../support/callees.rs"]
mod callees;
#[expect(dead_code, reason = "callers fill their registers as C does")]
#[path = "../support/callers.rs"]
mod callers;
#[path = "../support/changed.rs"]
mod changed;
#[path = "../support/compiler.rs"]
mod compiler;
#[path = "../support/cxx.rs"]
mod cxx;
#[expect(dead_code, reason = "flags say here what would trap")]
#[path = "../support/environment.rs"]
mod environment;
#[cfg(target_os = "linux")]
#[path = "../support/frames.rs"]
mod frames;
#[path = "../support/notation.rs"]
mod notation;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/types.rs"]
mod types;

mod engine;
mod heap;
mod mixed;
mod native;
mod numbers;

mod differential;
mod errors;
mod exits;
mod forms;
mod life;
mod objects;
mod plain;
mod results;
#[cfg(target_os = "linux")]
mod stepping;
mod unwinding;
