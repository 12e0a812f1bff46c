//! The example runtime on QuickJS beside Deno: a library's functions opened by script, and called for the first time.

use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hotcall::declare::{Declarations, FunctionDeclaration};
use hotcall::{Layout, Library, Scalar, Type, TypeKind};
use hotcall_testing::compiler::{Compiler, CompilerError};
use hotcall_testing::files::Files;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sample::{median, percentile};

/// The headers, with their libraries.
const LIBRARIES: [(&str, &str); 2] = [("sqlite3.h", "libsqlite3.so.0"), ("SDL2/SDL.h", "libSDL2-2.0.so.0")];

/// The number of processes of each runtime, which run in turn.
const PROCESSES: usize = 5;

/// A library's functions in the example runtime. Times are medians in microseconds.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) header: &'static str,
    pub(crate) symbols: usize,
    /// For each symbol: `Deno.dlopen` in the example runtime.
    pub(crate) us_per_symbol: f64,
    /// The first opening in a process.
    pub(crate) first_us_per_symbol: f64,
    /// In Deno, where it is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deno_us_per_symbol: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deno_first_us_per_symbol: Option<f64>,
    /// The first call of each function, with its loop in script.
    pub(crate) first_call_us: f64,
    pub(crate) first_call_us_p99: f64,
    /// The slowest call of each signature: the one that compiles.
    pub(crate) compiling_call_us: f64,
    pub(crate) compiling_call_us_p99: f64,
}

/// The figures that the script prints.
#[derive(Deserialize)]
struct Printed {
    opening: Vec<f64>,
    first: Vec<f64>,
    compiling: Vec<f64>,
}

/// The rows of the headers and libraries that are installed.
pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    let runtime = runtime()?;
    let mut rows = Vec::new();
    for (header, library) in LIBRARIES {
        let text = match Compiler::c().preprocessed(&["-I/usr/include/SDL2"], header) {
            Err(CompilerError::Fails { .. }) => continue,
            text => text?,
        };
        // SAFETY: the libraries' initialisers do no harm.
        let Ok(opened) = (unsafe { Library::open(library) }) else { continue };
        rows.push(measure_library(header, &opened, library, &Declarations::from_c(&text)?, &runtime)?);
    }
    Ok(rows)
}

/// Builds the example, as this was built, and returns its program.
fn runtime() -> Result<PathBuf, Box<dyn Error>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--locked", "--profile", "bench"]);
    let built = build.args(["--example", "quickjs"]).stderr(Stdio::inherit()).status()?;
    if !built.success() {
        return Err(format!("the example runtime: {built}").into());
    }
    let programs = env::current_exe()?;
    let folder = programs.ancestors().nth(2).ok_or("the report lies in a folder of the target folder")?;
    Ok(folder.join("examples/quickjs"))
}

fn measure_library(
    header: &'static str,
    opened: &Library,
    library: &str,
    declarations: &Declarations,
    runtime: &Path,
) -> Result<Row, Box<dyn Error>> {
    let functions: Vec<_> = declarations
        .iter()
        // The library may lack a symbol, and some functions cannot be called.
        .filter(|declaration| matches!(opened.declared(declaration), Ok(Some(_))))
        .filter_map(|declaration| Some((declaration.symbol_name(), declaration.as_function()?)))
        .filter_map(|(name, function)| Some((name, function, deno_form(function)?)))
        .collect();
    let stand_in = stand_in(functions.iter().map(|(name, ..)| *name))?;
    let script = script(library, &stand_in, &functions)?;
    let files = Files::new()?;
    let ours = files.path().join("ours.js");
    let deno = files.path().join("deno.js");
    fs::write(&ours, &script)?;
    // Deno's first calls are not asked for.
    fs::write(&deno, script.replacen("const standIn", "const standIn = undefined, unused", 1))?;
    let (mut runs, mut of_deno) = (Vec::new(), Vec::new());
    for _ in 0..PROCESSES {
        runs.push(run(Command::new(runtime).arg("--allow-ffi").arg(&ours))?.ok_or("the example runtime is missing")?);
        of_deno.extend(run(Command::new("deno").args(["run", "--allow-all"]).arg(&deno))?);
    }
    let symbols = functions.len();
    let first = |runs: &[Printed]| median(runs.iter().map(|run| run.opening[0]).collect()) / symbols as f64;
    let all = |runs: &[Printed]| median(runs.iter().flat_map(|run| run.opening.clone()).collect()) / symbols as f64;
    let mut calls: Vec<_> = runs.iter().flat_map(|run| run.first.clone()).collect();
    let mut compiling: Vec<_> = runs.iter().flat_map(|run| run.compiling.clone()).collect();
    Ok(Row {
        header,
        symbols,
        us_per_symbol: all(&runs),
        first_us_per_symbol: first(&runs),
        deno_us_per_symbol: (!of_deno.is_empty()).then(|| all(&of_deno)),
        deno_first_us_per_symbol: (!of_deno.is_empty()).then(|| first(&of_deno)),
        first_call_us_p99: percentile(&mut calls, 99),
        first_call_us: median(calls),
        compiling_call_us_p99: percentile(&mut compiling, 99),
        compiling_call_us: median(compiling),
    })
}

/// Runs the script. `None` if the runtime is not installed.
fn run(command: &mut Command) -> Result<Option<Printed>, Box<dyn Error>> {
    let Ok(output) = command.stderr(Stdio::inherit()).output() else { return Ok(None) };
    Ok(Some(serde_json::from_slice(&output.stdout)?))
}

/// A library with functions of these names, which return 0 and take no notice of their arguments. Nothing else about the
/// libraries' own functions is safe to call with any arguments.
fn stand_in<'n>(names: impl Iterator<Item = &'n str>) -> Result<PathBuf, Box<dyn Error>> {
    let mut source = String::from("long target(void) { return 0; }\n");
    for name in names {
        writeln!(source, "__attribute__((alias(\"target\"))) long {name}(void);")?;
    }
    Ok(Compiler::c().shared_object(&["-w", "-fno-builtin"], &source)?)
}

/// The script with its declarations and the arguments of the first calls.
fn script(
    library: &str,
    stand_in: &Path,
    functions: &[(&str, &FunctionDeclaration, Value)],
) -> Result<String, Box<dyn Error>> {
    let declarations: serde_json::Map<_, _> =
        functions.iter().map(|(name, _, form)| ((*name).to_owned(), form.clone())).collect();
    let (mut calls, mut seen, mut repeated) = (String::new(), HashSet::new(), Vec::new());
    // The functions of the other library write no result to memory.
    let called = functions
        .iter()
        .filter(|(_, function, _)| function.signature.result().is_none_or(|ty| ty.as_aggregate().is_none()));
    for (index, (name, function, form)) in called.enumerate() {
        let args = function.signature.params().iter().map(argument).collect::<Result<Vec<_>, _>>()?;
        writeln!(calls, "[{name:?}, [{}]],", args.join(", "))?;
        if seen.insert(form.to_string()) {
            repeated.push(index);
        }
    }
    let (declarations, repeated) = (Value::Object(declarations), json!(repeated));
    let (library, stand_in) = (json!(library), json!(stand_in));
    Ok(format!(
        "const standIn = {stand_in}, library = {library};\nconst declarations = {declarations};\n\
         const calls = [{calls}], repeated = {repeated};\n{}",
        include_str!("open_runtime.js")
    ))
}

/// An argument of this type, as script writes it.
fn argument(ty: &Type) -> Result<String, Box<dyn Error>> {
    Ok(match ty.as_scalar() {
        Some(Scalar::Pointer(_)) => "null".into(),
        Some(Scalar::Bool) => "true".into(),
        Some(_) => "1".into(),
        None => format!("new Uint8Array({})", Layout::of(ty)?.size),
    })
}

/// A declaration in the form that Deno takes too. `None` if Deno does not have one of its types.
fn deno_form(function: &FunctionDeclaration) -> Option<Value> {
    let signature = &function.signature;
    let parameters = signature.params().iter().map(deno_type).collect::<Option<Vec<_>>>()?;
    let result = signature.result().map_or(Some(json!("void")), deno_type)?;
    Some(json!({ "parameters": parameters, "result": result }))
}

fn deno_type(ty: &Type) -> Option<Value> {
    match ty.kind() {
        TypeKind::Scalar(Scalar::Pointer(_)) => Some(json!("pointer")),
        TypeKind::Scalar(_) => Some(json!(ty.to_string())),
        TypeKind::Aggregate(aggregate) => {
            let is_struct = aggregate.kind() == hotcall::AggregateKind::Struct;
            let fields = aggregate.fields().iter().map(|field| deno_type(field.ty())).collect::<Option<Vec<_>>>()?;
            is_struct.then(|| json!({ "struct": fields }))
        }
        TypeKind::Array(_) => None,
    }
}

/// Prints a table.
pub(crate) fn print(rows: &[Row]) {
    println!("\nOpening a library in the example runtime on QuickJS, and calling its functions: medians in µs");
    println!("header      symbols  a symbol  (first)     Deno   (first)  first call   (p99)  compiling   (p99)");
    for row in rows {
        let Row { header, symbols, us_per_symbol, first_us_per_symbol, .. } = row;
        let deno = |us: Option<f64>| us.map_or_else(|| "-".into(), |us| format!("{us:.1}"));
        println!(
            "{header:<11} {symbols:7} {us_per_symbol:9.2} {first_us_per_symbol:8.2} {:>8} {:>9} {:11.2} {:7.2} {:10.1} {:7.1}",
            deno(row.deno_us_per_symbol),
            deno(row.deno_first_us_per_symbol),
            row.first_call_us,
            row.first_call_us_p99,
            row.compiling_call_us,
            row.compiling_call_us_p99
        );
    }
}
