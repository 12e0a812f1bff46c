//! Engines' models: their values and calls as data.

pub mod nanbox;
pub mod quickjs;
pub mod v8;
