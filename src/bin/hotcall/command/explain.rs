//! `hotcall explain`: reads a declaration, and prints the result of each stage.

use std::ffi::OsString;

use hotcall_jit::{Explanation, Options};

use crate::command::error::CommandError;
use crate::command::signature;
use crate::declaration::arguments::DeclarationArguments;
use crate::explain::explained::Explained;

const HELP: &str = r#"Examples:
  hotcall explain 'struct point { double x, y; }; double norm(struct point)'
  hotcall explain --json 'double pow(double, double)'
  hotcall explain --header zlib.h crc32
  hotcall explain 'int printf(const char *, ...)' '%d %g' 42 4.2"#;

/// Says where a call's arguments and result live, and shows the code.
///
/// For every struct and union: the members with their offsets. For every argument and the result: which bytes are in
/// which register or stack place, as the C function is called. Then warnings, where C compilers differ; the trampoline in
/// Cranelift's IR and as instructions.
#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    declaration: DeclarationArguments,
    /// Arguments as for `call`, which say how a variadic function is called.
    #[arg(allow_hyphen_values = true)]
    args: Vec<OsString>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Explain the code that also reads errno.
    #[arg(long)]
    errno: bool,
}

pub(crate) fn run(arguments: &ExplainArguments) -> Result<Vec<u8>, CommandError> {
    let function = arguments.declaration.function()?;
    let signature = if arguments.args.is_empty() {
        function.signature.clone()
    } else {
        signature::of_call(&function, &arguments.args)?
    };
    let options = Options::new().capture_errno(arguments.errno || function.capture_errno);
    let stages = Explanation::of(&signature, options)
        .map_err(|source| CommandError::Explain { symbol: function.symbol.clone(), source })?;
    let explained = Explained::new(&function, signature, stages)
        .map_err(|source| CommandError::Layout { symbol: function.symbol.clone(), source })?;
    let output = if arguments.json { explained.to_json() } else { explained.to_string() };
    Ok(format!("{output}\n").into_bytes())
}
