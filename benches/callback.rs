//! Callbacks against a C function that does the same and against libffi's closures, by criterion: called, and made and
//! closed.
//!
//! The ratios that DESIGN.md's budget asks for are `report`'s.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use callbacks::{CCallbacks, INVOKED, Invoked, Made};
use criterion::Criterion;
use support::shapes::shapes;

#[path = "support/callbacks.rs"]
mod callbacks;
mod support;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callback: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1000))
        .configure_from_args();
    let c = CCallbacks::build()?;
    let shapes = shapes();
    for shape in &shapes {
        let invoked = Invoked::new(&c, shape)?;
        measure(&mut criterion, &format!("callback/{}", shape.name), INVOKED, |way, n| invoked.run(way, n));
    }
    let made = Made::new(&shapes[1])?;
    measure(&mut criterion, "callback/create_close", ["raw", "closure", "libffi"], |way, n| made.run(way, n));
    criterion.final_summary();
    Ok(())
}

fn measure(criterion: &mut Criterion, group: &str, ways: [&str; 3], run: impl Fn(usize, u64)) {
    let mut group = criterion.benchmark_group(group);
    for (way, name) in ways.iter().enumerate() {
        group.bench_function(*name, |bencher| {
            bencher.iter_custom(|n| {
                let start = Instant::now();
                run(way, n);
                start.elapsed()
            });
        });
    }
    group.finish();
}
