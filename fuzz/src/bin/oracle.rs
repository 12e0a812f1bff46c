//! Runs the oracles over any number of seeds.
//!
//!     oracle libffi --seed 1 --count 1000000
//!     oracle c --seed 1 --count 20000 --compiler gcc --compiler clang
//!     oracle round-trip --seed 1 --count 100000
//!     oracle sandwich --seed 1 --count 20000 --compiler gcc --compiler clang
//!
//! The first two are about calls; the others go through callbacks, with libffi and with compilers on both sides.
//! Code and stubs of callbacks are never freed: each shape takes about 5 KiB, and eight take two memory mappings, of which Linux
//! gives 65,530 to a process. So one run of `round-trip` can do a quarter of a million signatures.
//!
//! With `--universal` nothing is compiled: the same calls and callbacks run by the universal code.
//!
//! Each seed is one signature: `--seed N --count 1` repeats the one that failed.

use std::error::Error;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::time::Instant;

use hotcall_fuzz::c::Counts;
use hotcall_fuzz::c::compiler::{Compiler, CompilerError};
use hotcall_fuzz::check::{Bench, BenchError, Outcome, Way};
use hotcall_fuzz::crash;

const USAGE: &str = "usage: oracle libffi|round-trip [--universal] [--seed N] [--count N]
       oracle c|sandwich [--universal] [--seed N] [--count N] [--compiler COMMAND]...";

/// Functions in one C file: enough that starting the compiler costs little, and few enough for its memory.
const BATCH: u64 = 200;

struct Arguments {
    oracle: String,
    seed: u64,
    count: u64,
    compilers: Vec<String>,
    universal: bool,
}

impl Arguments {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let oracle = args.next().ok_or(USAGE)?;
        let mut parsed = Self { oracle, seed: 1, count: 1000, compilers: Vec::new(), universal: false };
        while let Some(option) = args.next() {
            if option == "--universal" {
                parsed.universal = true;
                continue;
            }
            let value = args.next().ok_or(USAGE)?;
            match option.as_str() {
                "--seed" => parsed.seed = value.parse()?,
                "--count" => parsed.count = value.parse()?,
                "--compiler" => parsed.compilers.push(value),
                _ => return Err(USAGE.into()),
            }
        }
        if parsed.compilers.is_empty() {
            parsed.compilers.push("gcc".to_owned());
        }
        Ok(parsed)
    }

    fn bench(&self) -> Result<Bench, BenchError> {
        if self.universal { Bench::universal() } else { Bench::new() }
    }
}

fn main() -> ExitCode {
    crash::report();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    match arguments.oracle.as_str() {
        "libffi" => libffi(&arguments, Way::Call),
        "round-trip" => libffi(&arguments, Way::RoundTrip),
        "c" => c(&arguments, Way::Call),
        "sandwich" => c(&arguments, Way::RoundTrip),
        _ => Err(USAGE.into()),
    }
}

fn libffi(arguments: &Arguments, way: Way) -> Result<(), Box<dyn Error>> {
    let mut bench = arguments.bench()?;
    let mut progress = Progress::new(arguments.count);
    let (mut agreed, mut compiled, mut refused) = (0_u64, 0_u64, 0_u64);
    for done in 0..arguments.count {
        match bench.libffi(way, arguments.seed.wrapping_add(done))? {
            Outcome::Agreed => agreed += 1,
            Outcome::Compiled(_) => compiled += 1,
            Outcome::Refused(_) => refused += 1,
        }
        progress.show(done + 1);
    }
    println!(
        "{}: seeds from {}: {agreed} signatures agreed, {compiled} compiled only, {refused} refused, in {:.0?}",
        arguments.oracle,
        arguments.seed,
        progress.start.elapsed()
    );
    Ok(())
}

fn c(arguments: &Arguments, way: Way) -> Result<(), Box<dyn Error>> {
    let mut bench = arguments.bench()?;
    let compilers = arguments.compilers.iter().map(|command| Compiler::find(command));
    let compilers = compilers.collect::<Result<Vec<_>, _>>()?;
    let mut progress = Progress::new(arguments.count);
    let mut counts = Counts::default();
    let mut done = 0;
    while done < arguments.count {
        let batch = BATCH.min(arguments.count - done);
        let level = ["-O1", "-O2", "-O0", "-O3"][(done / BATCH % 4) as usize];
        counts += batch_of(&mut bench, way, arguments.seed.wrapping_add(done), batch, &compilers, level)?;
        done += batch;
        progress.show(done);
    }
    println!(
        "{}: seeds from {}, compiled by {}: {} functions, {} calls by hotcall and {} by compilers agreed, {} refused, in {:.0?}",
        arguments.oracle,
        arguments.seed,
        arguments.compilers.join(" and "),
        counts.functions,
        counts.calls,
        counts.compiler_calls,
        counts.refused,
        progress.start.elapsed()
    );
    for (quirk, count) in &counts.quirks {
        println!("    {count} calls left out: {quirk}");
    }
    Ok(())
}

/// Checks a batch of functions. Random types crash compilers now and then; such functions are found by halving, and left out.
fn batch_of(
    bench: &mut Bench,
    way: Way,
    first: u64,
    count: u64,
    compilers: &[Compiler],
    level: &str,
) -> Result<Counts, Box<dyn Error>> {
    match bench.c(way, first, count, compilers, level) {
        Err(CompilerError::Fails { command, .. }) if count == 1 => {
            eprintln!("seed {first} is left out: {command} {level} fails");
            Ok(Counts::default())
        }
        Err(CompilerError::Fails { .. }) => {
            let half = count / 2;
            let mut counts = batch_of(bench, way, first, half, compilers, level)?;
            counts += batch_of(bench, way, first.wrapping_add(half), count - half, compilers, level)?;
            Ok(counts)
        }
        other => Ok(other??),
    }
}

struct Progress {
    start: Instant,
    count: u64,
    shown: u64,
}

impl Progress {
    fn new(count: u64) -> Self {
        Self { start: Instant::now(), count, shown: 0 }
    }

    fn show(&mut self, done: u64) {
        let seconds = self.start.elapsed().as_secs();
        if seconds > self.shown && (stderr().is_terminal() || seconds / 10 > self.shown / 10) {
            self.shown = seconds;
            eprintln!("{done} of {} after {seconds} s", self.count);
        }
    }
}
