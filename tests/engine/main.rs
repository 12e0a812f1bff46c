//! Native functions that engines call themselves.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/quickjs.rs"]
mod quickjs;

mod first;
