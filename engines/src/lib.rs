//! Engines behind hotcall's interface, for its tests and benchmarks.
//!
//! * [`quickjs`], [`jsc`] and [`spider_monkey`] run script in QuickJS, in JavaScriptCore and in SpiderMonkey.
//! * [`bare`] has native functions that get nothing but arguments.
//! * [`quickjs_values`] is the part of QuickJS's engine that the example of a runtime shares with the tests.

pub mod bare;
pub mod jsc;
mod jsc_api;
pub mod quickjs;
pub mod quickjs_values;
pub mod spider_monkey;
mod spider_monkey_api;
