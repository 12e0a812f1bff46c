//! Runs scripts on V8 that call C through hotcall. This is an example of hotcall's use, and of fast calls from
//! optimised code.
//!
//! The author of a runtime would copy `library.rs`, `symbol.rs` and `fast.rs`.

#[cfg(v8)]
mod arguments;
#[cfg(v8)]
mod callback;
#[cfg(v8)]
mod direct;
#[cfg(v8)]
mod engine;
#[cfg(v8)]
mod fast;
#[cfg(v8)]
mod ffi;
#[cfg(v8)]
mod functions;
#[cfg(v8)]
mod isolate;
#[cfg(v8)]
mod layout;
#[cfg(v8)]
mod library;
#[cfg(v8)]
mod native;
#[cfg(v8)]
mod prelude;
#[cfg(v8)]
mod symbol;
#[cfg(v8)]
mod value;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Runs a script that may call C.
#[derive(Parser)]
#[command(name = "hotcall-v8", version, trailing_var_arg = true)]
struct CommandLine {
    /// Flags for V8, separated by commas: --v8-flags=--allow-natives-syntax,--expose-gc
    #[arg(long, value_delimiter = ',', require_equals = true, allow_hyphen_values = true)]
    v8_flags: Vec<String>,
    /// Make machine code read none of V8's objects, as if they did not lie in memory as described.
    #[arg(long)]
    no_layout: bool,
    /// Allow declarations to name functions that are written for V8, by `direct`: see benches/calls.js.
    #[arg(long)]
    direct: bool,
    /// A script to run before, in the same global scope; may be given more than once.
    #[arg(long, value_name = "SCRIPT")]
    load: Vec<PathBuf>,
    /// The script.
    script: PathBuf,
    /// The elements of `scriptArgs`.
    #[arg(allow_hyphen_values = true)]
    args: Vec<String>,
}

fn main() -> ExitCode {
    match run(&CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            eprintln!("error: {}", report.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Runs the scripts. Returns a report if one fails.
#[cfg(v8)]
fn run(CommandLine { v8_flags, no_layout, direct, load, script, args }: &CommandLine) -> Result<(), String> {
    let flags: Vec<_> = [FAST_CALLS.to_owned()].into_iter().chain(v8_flags.iter().cloned()).collect();
    let options = isolate::Options { layout: !no_layout, direct: *direct };
    let isolate = isolate::Isolate::start(&flags, options).map_err(|error| error.to_string())?;
    isolate.enter(|| {
        prelude::install(&isolate, args)?;
        load.iter().chain([script]).try_for_each(|script| {
            let name = script.display().to_string();
            let source = std::fs::read_to_string(script).map_err(|error| format!("{name}: {error}"))?;
            isolate.run(&source, &name).map(drop)
        })
    })
}

/// Without this flag V8 10.2 does not make fast calls.
#[cfg(v8)]
const FAST_CALLS: &str = "--turbo-fast-api-calls";

#[cfg(not(v8))]
fn run(_: &CommandLine) -> Result<(), String> {
    Err("this was built without V8: run examples/v8/fetch, or set HOTCALL_V8 to where it was unpacked, and build again"
        .into())
}
