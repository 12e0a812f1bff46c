//! Native functions that engines call themselves.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/alone.rs"]
mod alone;

#[path = "../support/quickjs.rs"]
mod quickjs;

#[path = "../support/jsc.rs"]
mod jsc;

mod first;
mod forged;
mod jsc_calls;
mod jsc_life;
mod jsc_values;
mod spider_monkey;
