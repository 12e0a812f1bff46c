//! Callbacks: functions that the system's C compilers compiled call stubs, and handlers see what they were called with.

#![cfg(all(target_arch = "x86_64", not(windows)))]

#[path = "../support/c.rs"]
mod c;
#[path = "../support/callers.rs"]
mod callers;
#[path = "../support/compiler.rs"]
mod compiler;
#[path = "../support/cxx.rs"]
mod cxx;
#[path = "../support/fence.rs"]
mod fence;
#[path = "../support/frames.rs"]
mod frames;
#[path = "../support/notation.rs"]
mod notation;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/types.rs"]
mod types;
#[path = "../support/ways.rs"]
mod ways;

mod fixtures;

mod aggregates;
mod chain;
mod limits;
mod recursion;
mod registers;
mod scalars;
#[cfg(target_os = "linux")]
mod stepping;
mod stubs;
mod unwinding;
