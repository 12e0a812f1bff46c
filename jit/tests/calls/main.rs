//! Calls through trampolines of functions that the system's C compilers compiled.

#![cfg(all(target_arch = "x86_64", not(windows)))]

mod fixtures;

mod aggregates;
mod errno;
mod many;
mod registers;
mod scalars;
mod sizes;
mod structs;
mod unwinding;
mod variadic;
