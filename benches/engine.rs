//! Loops in script around calls, in QuickJS, by criterion: through the engine-values entry, a C function written for the engine, slots
//! filled by Rust code, and the loop alone.
//!
//! `report` measures the ratios of docs/performance.md.

use std::error::Error;
use std::process::ExitCode;

use criterion::Criterion;
use engine::{CFunctions, Loops, WAYS, cases_of_quickjs};
use suite::measure;

#[path = "support/by_slots.rs"]
mod by_slots;
#[path = "support/engine.rs"]
mod engine;
#[path = "support/suite.rs"]
mod suite;
#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

fn main() -> ExitCode {
    suite::main("engine", run)
}

fn run(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let c = CFunctions::build()?;
    if let Ok(spec) = std::env::var("SCRATCH") {
        let parts: Vec<_> = spec.split(',').collect();
        let case = cases_of_quickjs().into_iter().find(|case| case.name == parts[0]).unwrap();
        Loops::new(&c, &case)?.run(parts[1].parse()?, parts[2].parse()?);
        std::process::exit(0);
    }
    for case in &cases_of_quickjs() {
        let loops = Loops::new(&c, case)?;
        let ways = WAYS.into_iter().enumerate();
        measure(criterion, &format!("engine/{}", case.name), ways, |way, calls| loops.run(way, calls));
    }
    Ok(())
}
