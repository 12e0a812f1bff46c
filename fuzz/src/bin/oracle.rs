//! Runs the oracles over any number of seeds.
//!
//!     oracle libffi --seed 1 --count 1000000
//!     oracle c --seed 1 --count 20000 --compiler gcc --compiler clang
//!     oracle round-trip --seed 1 --count 100000
//!     oracle sandwich --seed 1 --count 20000 --compiler gcc --compiler clang
//!
//! Code and stubs of callbacks are never freed. Each shape takes about 5 KiB, and eight shapes take two memory
//! mappings, of which Linux gives 65,530 to a process. So one run of `round-trip` can try about 250,000 signatures.

use std::error::Error;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use hotcall_fuzz::c::compare::Counts;
use hotcall_fuzz::c::compiler::VendorCompiler;
use hotcall_fuzz::check::{Bench, BenchError, Outcome, Way};
use hotcall_fuzz::crash;
use hotcall_testing::compiler::{Compiler, CompilerError};

/// The number of functions in one C file: enough that the start of the compiler costs little, and few enough for its
/// memory.
const BATCH: u64 = 200;

/// Compares hotcall's calls and callbacks with those of other implementations, over random signatures.
#[derive(Parser)]
#[command(name = "oracle", version)]
struct Cli {
    #[command(subcommand)]
    oracle: Oracle,
}

#[derive(Subcommand)]
enum Oracle {
    /// Calls closures of libffi.
    Libffi(Arguments),
    /// Has libffi call hotcall's callbacks.
    RoundTrip(Arguments),
    /// Calls functions that C compilers made.
    C(WithCompilers),
    /// Has functions that C compilers made call hotcall's callbacks, which call such functions.
    Sandwich(WithCompilers),
}

#[derive(Args)]
struct Arguments {
    /// The first seed. Each seed is one signature, so `--count 1` repeats one that failed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of signatures.
    #[arg(long, default_value_t = 1000)]
    count: u64,
    /// Compile nothing: make the same calls by the universal code.
    #[arg(long)]
    universal: bool,
}

#[derive(Args)]
struct WithCompilers {
    #[command(flatten)]
    arguments: Arguments,
    /// A C compiler; may be given more than once.
    #[arg(long = "compiler", value_name = "COMMAND", default_value = "gcc")]
    compilers: Vec<String>,
}

impl Arguments {
    fn bench(&self) -> Result<Bench, BenchError> {
        if self.universal { Bench::universal() } else { Bench::new() }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    crash::report();
    match run(&cli.oracle) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oracle: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(oracle: &Oracle) -> Result<(), Box<dyn Error>> {
    match oracle {
        Oracle::Libffi(arguments) => libffi("libffi", arguments, Way::Call),
        Oracle::RoundTrip(arguments) => libffi("round-trip", arguments, Way::RoundTrip),
        Oracle::C(arguments) => c("c", arguments, Way::Call),
        Oracle::Sandwich(arguments) => c("sandwich", arguments, Way::RoundTrip),
    }
}

fn libffi(oracle: &str, arguments: &Arguments, way: Way) -> Result<(), Box<dyn Error>> {
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
        "{oracle}: seeds from {}: {agreed} signatures agreed, {compiled} compiled only, {refused} refused, in {:.0?}",
        arguments.seed,
        progress.start.elapsed()
    );
    Ok(())
}

fn c(oracle: &str, arguments: &WithCompilers, way: Way) -> Result<(), Box<dyn Error>> {
    let WithCompilers { arguments, compilers: commands } = arguments;
    let mut bench = arguments.bench()?;
    let compilers =
        commands.iter().map(|command| VendorCompiler::find(Compiler::new(command))).collect::<Result<Vec<_>, _>>()?;
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
        "{oracle}: seeds from {}, compiled by {}: {} functions, {} calls by hotcall and {} by compilers agreed, {} refused, in {:.0?}",
        arguments.seed,
        commands.join(" and "),
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

/// Checks a batch of functions. Random types sometimes crash compilers. Such functions are found by halving, and left
/// out.
fn batch_of(
    bench: &mut Bench,
    way: Way,
    first: u64,
    count: u64,
    compilers: &[VendorCompiler],
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
