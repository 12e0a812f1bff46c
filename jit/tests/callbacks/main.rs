//! Callbacks: functions that the system's C compilers compiled call stubs, and handlers check their arguments.

#![cfg(all(target_arch = "x86_64", not(windows)))]

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
