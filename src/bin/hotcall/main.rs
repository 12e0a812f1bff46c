//! `hotcall`: calls C functions from the command line, and explains how their arguments travel.
//!
//! The rooms, from the ground up; each imports only from those before it:
//!
//! | room | task |
//! |---|---|
//! | `text` | quotes and shortens texts for people |
//! | `output` | shares standard output with C |
//! | `declaration` | reads declarations, and finds the function of a command |
//! | `value` | converts single values: words and JSON to bytes, and bytes to lines and JSON |
//! | `argument` | converts the words of a call to slots, memory and callbacks |
//! | `explain` | tells where arguments and results are, for people and for programs |
//! | `command` | runs `call` and `explain` |

mod argument;
mod command;
mod declaration;
mod explain;
mod output;
mod text;
mod value;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::call::CallArguments;
use crate::command::explain::ExplainArguments;
use crate::command::{exit, options};

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
    Call(CallArguments),
    Explain(ExplainArguments),
}

fn main() -> ExitCode {
    let words = options::end_behind_declaration(std::env::args_os().collect());
    exit::end(match Cli::parse_from(words).command {
        Command::Call(arguments) => command::call::run(&arguments),
        Command::Explain(arguments) => command::explain::run(&arguments),
    })
}
