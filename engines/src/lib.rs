//! Engines behind hotcall's interface, for its tests and benchmarks.

#![cfg(all(unix, target_arch = "x86_64"))]

pub mod bare;
pub mod jsc;
mod jsc_api;
pub mod quickjs;
