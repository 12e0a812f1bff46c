//! Engines behind hotcall's interface, for its tests and benchmarks.

pub mod bare;
pub mod jsc;
mod jsc_api;
pub mod quickjs;
pub mod quickjs_values;
