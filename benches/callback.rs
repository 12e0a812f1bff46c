//! Callbacks against an equivalent C function and against libffi's closures, by criterion: calls, and making and closing.
//!
//! `report` measures the ratios of docs/performance.md.

use std::error::Error;
use std::process::ExitCode;

use callbacks::{CCallbacks, INVOKED, Invoked, Made};
use criterion::Criterion;
use suite::measure;
use support::shapes::shapes;

#[path = "support/callbacks.rs"]
mod callbacks;
#[path = "support/suite.rs"]
mod suite;
mod support;

fn main() -> ExitCode {
    suite::main("callback", run)
}

fn run(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let c = CCallbacks::build()?;
    let shapes = shapes();
    for shape in &shapes {
        let invoked = Invoked::new(&c, shape)?;
        let ways = INVOKED.into_iter().enumerate();
        measure(criterion, &format!("callback/{}", shape.name), ways, |way, calls| invoked.run(way, calls));
    }
    let made = Made::new(&shapes[1])?;
    let ways = ["raw", "closure", "libffi"].into_iter().enumerate();
    measure(criterion, "callback/create_close", ways, |way, count| made.run(way, count));
    Ok(())
}
