//! Calls through trampolines against the same trampoline in C, a direct call and libffi, by criterion.
//!
//! `report` measures the ratios of docs/performance.md, because it takes its samples in turn. This suite shows each contender's
//! times and their change since the last run.

use std::error::Error;
use std::process::ExitCode;

use contenders::{Contenders, Way};
use criterion::Criterion;
use hotcall_jit::Jit;
use suite::measure;
use support::shapes::shapes;
use trampolines::CCode;

#[path = "support/contenders.rs"]
mod contenders;
#[path = "support/suite.rs"]
mod suite;
mod support;
#[path = "support/trampolines.rs"]
mod trampolines;

fn main() -> ExitCode {
    suite::main("call", run)
}

fn run(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let code = CCode::build()?;
    let jit = Jit::new()?;
    for shape in &shapes() {
        let contenders = Contenders::new(&jit, &code, shape)?;
        let ways = Way::ALL.map(|way| (way, way.name()));
        measure(criterion, &format!("call/{}", shape.name), ways, |way, calls| contenders.run(way, calls));
    }
    Ok(())
}
