//! Code that the criterion suites share: their settings, and a group of contenders that run a number of times each.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::Criterion;

/// A suite's `main`.
pub(crate) fn main(name: &str, run: impl FnOnce(&mut Criterion) -> Result<(), Box<dyn Error>>) -> ExitCode {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1000))
        .configure_from_args();
    match run(&mut criterion) {
        Ok(()) => {
            criterion.final_summary();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures each of the ways. `run` runs a way a number of times.
pub(crate) fn measure<W: Copy>(
    criterion: &mut Criterion,
    group: &str,
    ways: impl IntoIterator<Item = (W, &'static str)>,
    run: impl Fn(W, u64),
) {
    let mut group = criterion.benchmark_group(group);
    for (way, name) in ways {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| {
                let start = Instant::now();
                run(way, count);
                start.elapsed()
            });
        });
    }
    group.finish();
}
