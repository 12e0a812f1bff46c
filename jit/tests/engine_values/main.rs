//! The engine-values entry without an engine: models, compiled and interpreted, called as their engines would.

#![cfg(all(target_arch = "x86_64", not(windows)))]

mod engine;
mod models;

mod conversions;
mod described;
mod differential;
mod forged;
mod generate;
mod heap;
#[cfg(feature = "cranelift")]
mod lazy;
mod life;
mod list;
mod make_function;
mod memory;
mod refused;
