//! Engines behind hotcall's interface, for its tests and benchmarks.
//!
//! * [`quickjs`] and [`jsc`] run script in QuickJS and in JavaScriptCore.
//! * [`bare`] has native functions that get nothing but arguments.
//! * [`quickjs_callbacks`] and [`jsc_callbacks`] make callbacks of functions of script.
//! * [`quickjs_values`] is the part of QuickJS's engine that the example of a runtime shares with the tests.

pub mod bare;
pub mod jsc;
mod jsc_api;
pub mod jsc_callbacks;
pub mod quickjs;
pub mod quickjs_callbacks;
pub mod quickjs_values;
