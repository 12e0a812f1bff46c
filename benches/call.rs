//! Calls through trampolines against the same trampoline in C, a direct call and libffi, by criterion.
//!
//! The ratios that DESIGN.md's budget asks for are `report`'s, which takes its samples in turn; this suite shows each
//! contender's times and how they changed since the last run.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use contenders::{Contenders, Way};
use criterion::Criterion;
use hotcall_jit::Jit;
use support::shapes::shapes;
use trampolines::CCode;

#[path = "support/contenders.rs"]
mod contenders;
mod support;
#[path = "support/trampolines.rs"]
mod trampolines;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("call: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1000))
        .configure_from_args();
    let code = CCode::build()?;
    let jit = Jit::new()?;
    for shape in &shapes() {
        let mut group = criterion.benchmark_group(format!("call/{}", shape.name));
        let contenders = Contenders::new(&jit, &code, shape)?;
        for way in Way::ALL {
            group.bench_function(way.name(), |bencher| {
                bencher.iter_custom(|calls| {
                    let start = Instant::now();
                    contenders.run(way, calls);
                    start.elapsed()
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
