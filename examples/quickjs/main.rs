//! A small JavaScript runtime on QuickJS with Deno's FFI, as an example of hotcall's use.
//!
//! The author of a runtime would copy `ffi.rs` with the files that it imports, and the engine in `engines/src/quickjs/`.

mod atoms;
mod buffers;
mod callbacks;
mod declarations;
mod event;
mod exceptions;
mod ffi;
mod functions;
mod host;
mod libraries;
mod modules;
mod nonblocking;
mod permissions;
mod pointers;
mod prelude;
mod runtime;
mod script;
mod shared_memory;
mod stack;
mod symbols;
mod table;
mod thread_pool;
mod turn;
mod usual_form;

use std::process::ExitCode;

use clap::Parser;
use permissions::Permission;
use runtime::Options;

/// Runs a JavaScript module that may use Deno's FFI.
#[derive(Parser)]
#[command(name = "quickjs", version, trailing_var_arg = true)]
struct CommandLine {
    /// Allow loading native libraries: all, or only these files and the files below these directories (separated by
    /// commas).
    ///
    /// The permission for all is needed for names without a path, which the system's loader searches. It is also needed
    /// for callbacks, and for pointers that the script makes, reads or calls. An allowed library is not confined. Its
    /// constructors run when it is loaded, its own dependencies are loaded with it, and its code can do anything that
    /// the process can.
    #[arg(long, value_name = "PATHS", num_args = 0..=1, require_equals = true)]
    allow_ffi: Option<Option<String>>,
    /// Allow everything.
    #[arg(short = 'A', long)]
    allow_all: bool,
    /// The number of nonblocking calls that may run at once.
    ///
    /// Each call has a thread while it runs, and further calls wait for one of them to return. Calls that wait for each
    /// other must all have threads.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    threads: u32,
    /// The module.
    script: std::path::PathBuf,
    /// The elements of `Deno.args`.
    #[arg(allow_hyphen_values = true)]
    args: Vec<String>,
}

fn main() -> ExitCode {
    let CommandLine { allow_ffi, allow_all, threads, script, args } = CommandLine::parse();
    let permission = match allow_ffi {
        _ if allow_all => Ok(Permission::All),
        None => Ok(Permission::None),
        Some(None) => Ok(Permission::All),
        Some(Some(paths)) => Permission::paths(&paths),
    };
    let permission = match permission {
        Ok(permission) => permission,
        Err(error) => return fail(&error),
    };
    match runtime::run(&Options { script, args, permission, threads: threads as usize }) {
        Ok(code) => code.into(),
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
