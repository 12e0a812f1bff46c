//! What calls cost in V8's optimised code: `cargo bench -p hotcall-v8-example`. `--json` prints JSON instead of a table.
//!
//! Each row is a loop in script. hotcall's trampolines are compared with C functions that are written for V8 and registered without
//! hotcall.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

/// How many processes measure: where things lie in memory by chance costs time.
const PROCESSES: usize = 5;

/// What a process prints: samples in nanoseconds a round.
#[derive(Deserialize)]
struct Samples {
    case: String,
    typed: Vec<f64>,
    /// Empty where nothing can be registered.
    #[serde(default)]
    direct: Vec<f64>,
    ordinary: Vec<f64>,
    empty: Vec<f64>,
}

/// Nanoseconds a round: medians. The ratio is the median of those of loops that ran one after the other; the net one is of what
/// they take above the empty loop.
#[derive(Serialize)]
struct Row {
    case: String,
    typed_ns: f64,
    direct_ns: Option<f64>,
    ordinary_ns: f64,
    empty_loop_ns: f64,
    typed_over_direct: Option<f64>,
    typed_over_direct_net: Option<f64>,
}

fn main() -> ExitCode {
    if !cfg!(v8) {
        eprintln!("this was built without V8, see examples/v8/README.md");
        return ExitCode::FAILURE;
    }
    match measure() {
        Ok(rows) if env::args().any(|argument| argument == "--json") => {
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
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let status = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([&library, &source])
        .status()?;
    if status.success() { Ok(library.display().to_string()) } else { Err(format!("{compiler} failed").into()) }
}

fn run(library: &str) -> Result<Vec<Samples>, Box<dyn Error>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/calls.js");
    let output = Command::new(env!("CARGO_BIN_EXE_hotcall-v8")).arg(script).arg(library).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

impl Samples {
    fn extend(&mut self, other: Self) {
        self.typed.extend(other.typed);
        self.direct.extend(other.direct);
        self.ordinary.extend(other.ordinary);
        self.empty.extend(other.empty);
    }

    fn row(&self) -> Row {
        let pairs = || self.typed.iter().zip(&self.direct).zip(&self.empty);
        let of = |values: &[f64]| median(values.iter().copied());
        Row {
            case: self.case.clone(),
            typed_ns: of(&self.typed).unwrap_or_default(),
            direct_ns: of(&self.direct),
            ordinary_ns: of(&self.ordinary).unwrap_or_default(),
            empty_loop_ns: of(&self.empty).unwrap_or_default(),
            typed_over_direct: median(pairs().map(|((typed, direct), _)| typed / direct)),
            typed_over_direct_net: median(pairs().map(|((typed, direct), empty)| (typed - empty) / (direct - empty))),
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn print(rows: &[Row]) {
    println!("Loops in V8: medians in ns a round, and ratios (net: without the empty loop)");
    println!("case             typed  direct  ordinary  empty loop  typed/direct     net");
    let number = |value: Option<f64>, digits| value.map_or("-".into(), |value| format!("{value:.digits$}"));
    for row in rows {
        let Row { case, typed_ns, ordinary_ns, empty_loop_ns, .. } = row;
        println!(
            "{case:<14} {typed_ns:7.2} {:>7} {ordinary_ns:9.2} {empty_loop_ns:11.2} {:>13} {:>7}",
            number(row.direct_ns, 2),
            number(row.typed_over_direct, 3),
            number(row.typed_over_direct_net, 3),
        );
    }
}
