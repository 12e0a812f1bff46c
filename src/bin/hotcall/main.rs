//! `hotcall`: calls C functions from the command line, and explains how their arguments travel.

mod argument;
mod array;
mod buffer;
mod call;
mod callback;
mod count;
mod declaration;
mod errno;
mod excerpt;
mod explain;
mod failure;
mod fault;
mod header;
mod json;
mod members;
mod misfit;
#[path = "../../library/nearest.rs"]
mod nearest;
mod number;
mod options;
mod output;
mod pointee;
mod print;
mod quote;
mod source;
mod store;
mod word;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXAMPLES: &str = r#"Examples:
  hotcall call libm.so.6 'double pow(double, double)' 2 10
  hotcall call libc.so.6 'struct d { int quot; int rem; } div(int, int)' 17 5
  hotcall call libc.so.6 'int snprintf(char *, size_t, const char *, ...)' buffer:32 32 '%d-%s' 42 hi
  hotcall call libm.so.6 'double frexp(double value, int *exponent)' 12 out
  hotcall call libc.so.6 'int nftw(const char *, int (*visit)(const char *), int, int)' . print 8 0
  hotcall call libz.so.1 --header zlib.h crc32 0 text:hello 5
  hotcall call --errno libc.so.6 'int chdir(const char *)' /nowhere
  hotcall explain 'struct point { double x, y; }; double norm(struct point)'

`hotcall call --help` says how arguments are written and results printed."#;

/// Calls C functions from the command line, and explains how their arguments travel.
#[derive(Parser)]
#[command(name = "hotcall", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Call(call::Arguments),
    Explain(explain::Arguments),
}

fn main() -> ExitCode {
    let words = options::end_behind_declaration(std::env::args_os().collect());
    let result = match Cli::parse_from(words).command {
        Command::Call(arguments) => call::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
    };
    let output = result.and_then(|output| {
        let mut stdout = io::stdout().lock();
        Ok(stdout.write_all(&output).and_then(|()| stdout.flush())?)
    });
    match output {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // With nobody to read the message the exit code remains.
            let _ = writeln!(io::stderr(), "hotcall: {}", quote::escape(&failure.to_string()));
            for line in failure.lines() {
                let _ = writeln!(io::stderr(), "  {}", quote::escape(line));
            }
            ExitCode::FAILURE
        }
    }
}
