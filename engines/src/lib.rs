//! Engines behind hotcall's interface, for its tests, its benchmarks and its example of a runtime.
//!
//! * [`quickjs`] is the engine of the example, and runs script for tests.
//! * [`jsc`] and [`spider_monkey`] run script in JavaScriptCore and in SpiderMonkey.
//! * [`jsc_objects`] finds the layout of objects in JavaScriptCore.
//! * [`bare`] has native functions that get nothing but arguments.
//! * [`jsc_callbacks`] and [`spider_monkey_callbacks`] make callbacks of functions of script in them.

pub mod bare;
pub mod jsc;
mod jsc_api;
pub mod jsc_callbacks;
mod jsc_engine;
pub mod jsc_objects;
pub mod quickjs;
pub mod spider_monkey;
mod spider_monkey_api;
pub mod spider_monkey_callbacks;
mod spider_monkey_engine;
mod spider_monkey_objects;
