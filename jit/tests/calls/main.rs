//! Calls through trampolines of functions that the system's C compilers compiled.

#![cfg(all(target_arch = "x86_64", not(windows)))]

#[path = "../support/c.rs"]
mod c;
#[path = "../support/callees.rs"]
mod callees;
#[path = "../support/compiler.rs"]
mod compiler;
#[path = "../support/cxx.rs"]
mod cxx;
#[path = "../support/fence.rs"]
mod fence;
#[path = "../support/fixtures.rs"]
mod fixtures;
#[path = "../support/notation.rs"]
mod notation;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/types.rs"]
mod types;
#[path = "../support/ways.rs"]
mod ways;

mod aggregates;
mod errno;
mod many;
mod registers;
mod scalars;
mod sizes;
mod structs;
mod unwinding;
mod variadic;
