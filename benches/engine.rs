//! Loops in script around calls, in QuickJS, by criterion: through the `values` entry, a C function written for the engine, slots
//! filled by Rust code, and the loop alone.
//!
//! The ratios that DESIGN.md's budget asks for are `report`'s.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::Criterion;
use engine::{CFunctions, Loops, WAYS, cases};

#[path = "support/by_slots.rs"]
mod by_slots;
#[path = "support/engine.rs"]
mod engine;
#[path = "../tests/support/quickjs.rs"]
#[expect(dead_code, reason = "tests use more of it")]
mod quickjs;
#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("engine: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1000))
        .configure_from_args();
    let c = CFunctions::build()?;
    for case in &cases() {
        let loops = Loops::new(&c, case)?;
        let mut group = criterion.benchmark_group(format!("engine/{}", case.name));
        for (way, name) in WAYS.iter().enumerate() {
            group.bench_function(*name, |bencher| {
                bencher.iter_custom(|calls| {
                    let start = Instant::now();
                    loops.run(way, calls);
                    start.elapsed()
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
