//! Engines' models: their values and calls as data.

mod fields;
pub mod javascript_core;
pub mod nanbox;
pub mod quickjs;
pub mod spider_monkey;
pub mod v8;
