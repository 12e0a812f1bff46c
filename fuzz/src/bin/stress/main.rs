//! Runs random operations on several threads at once, while signals arrive: for sanitizers.
//!
//!     stress --operations 20000 --signals 2000 [--threads 4] [--seed 1]
//!
//! The threads share libraries and callbacks, which any of them closes while others call. Each thread also has a toy
//! engine, whose records other threads drop. Signal handlers look up the names of code that comes and goes, and
//! processes fork. The C functions are compiled by `$CC` (or `cc`) with `$HOTCALL_FIXTURE_FLAGS`.
//!
//! Prints the number of operations of each kind. A wrong result ends the program with a message that names the thread's
//! seed.

mod fork;
mod signals;
mod toy;
mod worker;
mod world;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use clap::Parser;
use worker::{Counts, Worker};
use world::World;

/// Runs random operations on several threads at once, while signals arrive.
#[derive(Parser)]
#[command(name = "stress", version)]
struct Arguments {
    /// The number of operations, of all threads together.
    #[arg(long, default_value_t = 20_000)]
    operations: u64,
    /// The number of signals: threads go on until as many have arrived.
    #[arg(long, default_value_t = 2_000)]
    signals: u64,
    /// The number of threads.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=MAX_THREADS))]
    threads: u64,
    /// The first thread's seed; the others have the next ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The largest number of threads, far more than a test needs.
const MAX_THREADS: u64 = 1000;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stress: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let world = Arc::new(World::new()?);
    signals::install()?;
    let operations = arguments.operations / arguments.threads;
    let work = |index| {
        let (world, seed, signals) = (Arc::clone(&world), arguments.seed.wrapping_add(index), arguments.signals);
        thread::Builder::new().spawn(move || Worker::new(world, seed)?.work(operations, signals))
    };
    let threads = (0..arguments.threads).map(work).collect::<Result<Vec<_>, _>>()?;
    signals::send(&threads, arguments.signals);
    // A thread that panics has already printed the reason.
    let results: Vec<_> = threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread failed")).collect();
    let counts = results.into_iter().map(|result| Ok(result??)).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let counts = counts.into_iter().fold(Counts::default(), |sum, counts| sum + counts);
    let (received, wrong) = (signals::RECEIVED.load(Ordering::Relaxed), signals::WRONG.load(Ordering::Relaxed));
    println!("stress: seed {}, {counts}, {received} signals, in {:.1?}", arguments.seed, start.elapsed());
    if wrong > 0 {
        return Err(format!("{wrong} signal handlers found code that is not named after hotcall").into());
    }
    Ok(())
}
