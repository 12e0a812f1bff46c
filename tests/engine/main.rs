//! Native functions that engines call themselves.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/quickjs.rs"]
mod quickjs;

#[path = "../support/jsc.rs"]
mod jsc;

mod first;
mod jsc_values;
