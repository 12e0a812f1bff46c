//! Engines behind hotcall's interface, for its tests, its benchmarks and its example of a runtime.
//!
//! * [`quickjs`] is the engine of the example, and runs script for tests.
//! * [`jsc`] and [`spider_monkey`] run script in JavaScriptCore and in SpiderMonkey.
//! * [`bare`] has native functions that get nothing but arguments.
//! * [`jsc_callbacks`] makes callbacks of functions of script in JavaScriptCore.

pub mod bare;
pub mod jsc;
mod jsc_api;
pub mod jsc_callbacks;
pub mod quickjs;
pub mod spider_monkey;
mod spider_monkey_api;
mod spider_monkey_objects;
