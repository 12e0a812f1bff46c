//! Engines behind hotcall's interface, for its tests, its benchmarks and its example of a runtime.
//!
//! * [`quickjs`] is the engine of the example, and runs script for tests.
//! * [`jsc`] and [`spider_monkey`] run script in JavaScriptCore and in SpiderMonkey.
//! * [`Language`] is one interface to these three, for tests that run in each of them.
//! * [`jsc_objects`] finds the layout of objects in JavaScriptCore.
//! * [`bare`] has native functions that get nothing but arguments.

pub mod bare;
pub mod jsc;
mod jsc_api;
mod jsc_engine;
pub mod jsc_objects;
mod language;
pub mod quickjs;
pub mod spider_monkey;
mod spider_monkey_api;
mod spider_monkey_engine;
mod spider_monkey_objects;

pub use language::{CallbackWay, Language, ScriptCallback};
