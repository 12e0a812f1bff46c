//! The cost of calls in V8's optimised code: `cargo bench -p hotcall-v8-example`. `--json` prints JSON instead of a
//! table.
//!
//! Each row is a loop in script. hotcall's trampolines are compared with C functions that are written for V8 and registered without
//! hotcall.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Parser;
use hotcall_testing::compiler::Compiler;
use serde::{Deserialize, Serialize};

/// The number of processes that measure, because the random layout of memory affects times.
const PROCESSES: usize = 5;

/// The output of a process: samples in nanoseconds a round.
#[derive(Deserialize)]
struct Samples {
    case: String,
    /// Empty if the wrapper makes the result.
    #[serde(default)]
    typed: Vec<f64>,
    script: Vec<f64>,
    /// Empty if no C function can be registered.
    #[serde(default)]
    c: Vec<f64>,
    #[serde(default)]
    c_with_options: Vec<f64>,
    ordinary: Vec<f64>,
    empty: Vec<f64>,
}

/// Nanoseconds a round, as medians. The ratio is the median of the ratios of loops that ran one after the other. The
/// net ratio compares the times above the empty loop.
#[derive(Serialize)]
struct Row {
    case: String,
    typed_ns: Option<f64>,
    /// The time with the wrapper that throws.
    script_ns: f64,
    c_ns: Option<f64>,
    c_with_options_ns: Option<f64>,
    ordinary_ns: f64,
    empty_loop_ns: f64,
    typed_over_c: Option<f64>,
    typed_over_c_net: Option<f64>,
    typed_over_c_with_options: Option<f64>,
}

/// Measures loops in V8 around calls, in nanoseconds a round.
#[derive(Parser)]
#[command(name = "calls", version)]
struct Arguments {
    /// Print one JSON array instead of a table.
    #[arg(long)]
    json: bool,
    /// Cargo adds it.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !cfg!(v8) {
        eprintln!("this was built without V8, see examples/v8/README.md");
        return if env::var_os("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    match measure() {
        Ok(rows) if arguments.json => {
            println!("{}", serde_json::to_string_pretty(&rows).expect("they are numbers and names"));
            ExitCode::SUCCESS
        }
        Ok(rows) => {
            print(&rows);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    let library = compile()?;
    let mut all: Vec<Samples> = Vec::new();
    for _ in 0..PROCESSES {
        for samples in run(&library)? {
            match all.iter_mut().find(|known| known.case == samples.case) {
                None => all.push(samples),
                Some(known) => known.extend(samples),
            }
        }
    }
    Ok(all.iter().map(Samples::row).collect())
}

/// The library that is called.
fn compile() -> Result<String, Box<dyn Error>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/direct.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("v8_calls.so");
    Compiler::c().compile(&["-O2", "-Wall", "-Wextra", "-Werror"], &source, &library)?;
    Ok(library.display().to_string())
}

fn run(library: &str) -> Result<Vec<Samples>, Box<dyn Error>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/calls.js");
    let output = Command::new(env!("CARGO_BIN_EXE_hotcall-v8")).arg("--direct").arg(script).arg(library).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

impl Samples {
    fn extend(&mut self, other: Self) {
        self.typed.extend(other.typed);
        self.script.extend(other.script);
        self.c.extend(other.c);
        self.c_with_options.extend(other.c_with_options);
        self.ordinary.extend(other.ordinary);
        self.empty.extend(other.empty);
    }

    fn row(&self) -> Row {
        let pairs = || self.typed.iter().zip(&self.c).zip(&self.empty);
        let with_options = self.typed.iter().zip(&self.c_with_options);
        let of = |values: &[f64]| median(values.iter().copied());
        Row {
            case: self.case.clone(),
            typed_ns: of(&self.typed),
            script_ns: of(&self.script).unwrap_or_default(),
            c_ns: of(&self.c),
            c_with_options_ns: of(&self.c_with_options),
            ordinary_ns: of(&self.ordinary).unwrap_or_default(),
            empty_loop_ns: of(&self.empty).unwrap_or_default(),
            typed_over_c: median(pairs().map(|((typed, c), _)| typed / c)),
            typed_over_c_net: median(pairs().map(|((typed, c), empty)| (typed - empty) / (c - empty))),
            typed_over_c_with_options: median(with_options.map(|(typed, c)| typed / c)),
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn print(rows: &[Row]) {
    println!(
        "Loops in V8: medians in ns a round, and ratios (net: without the empty loop; fair: to C that gets V8's options)"
    );
    println!("case            typed  script       C  C, options  ordinary  empty loop  typed/C     net    fair");
    let number = |value: Option<f64>, digits| value.map_or("-".into(), |value| format!("{value:.digits$}"));
    for row in rows {
        let Row { case, script_ns, ordinary_ns, empty_loop_ns, .. } = row;
        println!(
            "{case:<14} {:>6} {script_ns:7.2} {:>7} {:>11} {ordinary_ns:9.2} {empty_loop_ns:11.2} {:>8} {:>7} {:>7}",
            number(row.typed_ns, 2),
            number(row.c_ns, 2),
            number(row.c_with_options_ns, 2),
            number(row.typed_over_c, 3),
            number(row.typed_over_c_net, 3),
            number(row.typed_over_c_with_options, 3),
        );
    }
}
