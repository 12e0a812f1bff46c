//! A small JavaScript runtime on QuickJS with Deno's FFI, as an example of hotcall's use.
//!
//! `ffi.rs` is what the author of a runtime would copy.

mod buffers;
mod engine;
mod ffi;
mod memory;
mod modules;
mod permissions;
mod pointers;
mod prelude;
mod runtime;
mod shared_memory;

use std::process::ExitCode;

use clap::Parser;
use permissions::Permission;
use runtime::Options;

/// Runs a JavaScript module that may use Deno's FFI.
#[derive(Parser)]
#[command(name = "quickjs", version, trailing_var_arg = true)]
struct Arguments {
    /// Allow loading native libraries: all, or only these files and what is below these directories (separated by commas).
    ///
    /// Names without a path, which the system's loader searches, need the permission for all, and so do pointers that the
    /// script makes, reads or calls, and callbacks. An allowed library is not
    /// confined: its constructors run when it is loaded, its own dependencies are loaded with it, and its code can do
    /// whatever the process can.
    #[arg(long, value_name = "PATHS", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    allow_ffi: Option<String>,
    /// Allow everything.
    #[arg(short = 'A', long)]
    allow_all: bool,
    /// The module.
    script: std::path::PathBuf,
    /// What `Deno.args` has.
    #[arg(allow_hyphen_values = true)]
    args: Vec<String>,
}

fn main() -> ExitCode {
    let Arguments { allow_ffi, allow_all, script, args } = Arguments::parse();
    let permission = match allow_ffi.as_deref() {
        _ if allow_all => Permission::All,
        None => Permission::None,
        Some("") => Permission::All,
        Some(paths) => Permission::paths(paths),
    };
    match runtime::run(&Options { script, args, permission }) {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
