//! `hotcall explain`: what each stage makes of a declaration.

mod json;
mod members;
mod places;
mod text;

use std::ffi::OsString;

use hotcall::{LayoutError, Signature};
use hotcall_jit::{Abi, Explanation, Options};

use crate::declaration::{Declared, Function};
use crate::failure::Failure;
use crate::quote::shorten_to;
use members::TypeTable;
use places::{PlacedArgument, PlacedResult};
use text::MAX_WIDTH;

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
pub(crate) struct Arguments {
    #[command(flatten)]
    declared: Declared,
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

/// All that is printed.
struct Explained {
    symbol: String,
    signature: Signature,
    types: Vec<TypeTable>,
    arguments: Vec<PlacedArgument>,
    result: PlacedResult,
    /// The points about which C compilers differ, with the rule that is followed.
    warnings: Vec<String>,
    stages: Explanation,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    let declared = arguments.declared.function()?;
    let signature = if arguments.args.is_empty() {
        declared.signature.clone()
    } else {
        declared.signature_of_call(&arguments.args)?
    };
    let options = Options::new().capture_errno(arguments.errno || declared.capture_errno);
    let stages = Explanation::of(&signature, options)
        .map_err(|source| Failure::Explain { symbol: declared.symbol.clone(), source })?;
    let explained = Explained::new(&declared, signature, stages)
        .map_err(|source| Failure::Layout { symbol: declared.symbol.clone(), source })?;
    let output = if arguments.json { explained.to_json() } else { explained.to_string() };
    Ok(format!("{output}\n").into_bytes())
}

impl Explained {
    fn new(declared: &Function, signature: Signature, stages: Explanation) -> Result<Self, LayoutError> {
        let types = members::tables(&signature)?;
        let arguments = places::arguments(stages.abi, declared, &signature, &stages.plan)?;
        let result = places::result(stages.abi, &signature, &stages.plan)?;
        let warnings = warnings(declared, &signature, stages.abi);
        Ok(Self { symbol: declared.symbol.clone(), signature, types, arguments, result, warnings, stages })
    }
}

/// Warnings about the layouts of the text, and about the passing of the arguments and the result.
fn warnings(declared: &Function, signature: &Signature, abi: Abi) -> Vec<String> {
    let mut warnings: Vec<String> = declared.declarations.warnings().map(str::to_owned).collect();
    for ty in signature.params().iter().chain(signature.result()) {
        for departure in abi.departures(ty) {
            let warning =
                format!("`{}`: {departure}; the psABI's text is followed", shorten_to(MAX_WIDTH, &ty.to_string()));
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}
