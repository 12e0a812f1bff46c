//! hotcall's figures, in the rows of docs/performance.md: `cargo bench --bench report`.
//!
//! `--json` prints one JSON object instead of tables; names of shapes restrict the calls to those; `--disassemble` prints
//! the machine code, ours and C's, instead of measuring.

use std::error::Error;
use std::process::ExitCode;

use callbacks::{CCallbacks, Invoked, Made};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use contenders::{Contenders, Way};
use hotcall_jit::{Jit, Options};
use open::{Counting, Opened};
use sample::{Compare, Samples};
use serde::Serialize;
use support::shapes::{Shape, shapes};
use trampolines::CCode;
use unwind::Unwound;

#[path = "support/boxed_loops.rs"]
mod boxed_loops;
#[path = "support/boxed_slots.rs"]
mod boxed_slots;
#[path = "support/branches.rs"]
mod branches;
#[path = "support/by_slots.rs"]
mod by_slots;
#[path = "support/callbacks.rs"]
mod callbacks;
#[path = "support/compile_time.rs"]
mod compile_time;
#[path = "support/contenders.rs"]
mod contenders;
#[path = "support/cores.rs"]
mod cores;
#[path = "support/declare.rs"]
mod declare;
#[path = "support/disassemble.rs"]
mod disassemble;
#[path = "support/engine.rs"]
mod engine;
#[path = "support/engine_rows.rs"]
mod engine_rows;
#[path = "support/first_calls.rs"]
mod first_calls;
#[path = "support/jsc.rs"]
mod jsc;
#[path = "support/lua.rs"]
mod lua;
#[path = "../examples/lua/ffi/mod.rs"]
mod lua_ffi;
#[path = "support/open.rs"]
mod open;
#[path = "support/open_engine.rs"]
mod open_engine;
#[path = "support/open_runtime.rs"]
mod open_runtime;
#[path = "support/sample.rs"]
mod sample;
#[path = "support/spider_monkey.rs"]
mod spider_monkey;
mod support;
#[path = "support/threads.rs"]
mod threads;
#[path = "support/trampolines.rs"]
mod trampolines;
#[path = "support/unwind.rs"]
mod unwind;
#[path = "support/v8_rows.rs"]
mod v8_rows;
#[path = "support/vm.rs"]
mod vm;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The number of places in memory for each shape's code. A bad place costs up to half a call.
const PLACES: usize = 7;

#[derive(Serialize)]
struct Report {
    call: Vec<Call>,
    call_summary: CallSummary,
    placement: Placement,
    compile: Compile,
    callback: Callbacks,
    open: Open,
    open_engine: Vec<open_engine::Row>,
    open_runtime: Vec<open_runtime::Row>,
    threads: Vec<threads::Row>,
    engine: Vec<engine_rows::Row>,
    vm: Vec<engine_rows::Row>,
    lua: Vec<lua::Row>,
    /// Present if SpiderMonkey is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    spidermonkey: Option<Vec<engine_rows::Row>>,
    javascriptcore: Option<Vec<engine_rows::Row>>,
    /// Present if V8 was unpacked.
    #[serde(skip_serializing_if = "Option::is_none")]
    v8: Option<serde_json::Value>,
    unwind: Unwind,
    declare: Vec<declare::Row>,
}

/// Nanoseconds a call: medians. The ratios are the means of the middle half of the ratios of successive samples. Those of `fast` are
/// ratios of the fast tenth percentiles, which other work on the machine affects less.
#[derive(Serialize)]
struct Call {
    shape: &'static str,
    hotcall_ns: f64,
    c_ns: f64,
    direct_ns: f64,
    libffi_ns: f64,
    universal_ns: f64,
    hotcall_over_c: f64,
    hotcall_over_c_fast: f64,
    libffi_over_hotcall: f64,
    universal_over_hotcall: f64,
    hotcall_bytes: usize,
    c_bytes: usize,
}

#[derive(Serialize)]
struct CallSummary {
    geomean_vs_c: f64,
    /// With every ratio below 1 counted as 1, so that shapes with slow C code do not compensate for others.
    geomean_vs_c_clamped: f64,
    worst_vs_c: f64,
    geomean_vs_c_fast: f64,
    worst_vs_c_fast: f64,
    geomean_libffi_over_hotcall: f64,
    geomean_universal_over_hotcall: f64,
    least_libffi_over_hotcall: f64,
}

/// The largest distances between the compared code, and from it to its callees: more than 4 GiB cost time.
#[derive(Serialize)]
struct Placement {
    hotcall_to_c_mib: f64,
    trampolines_to_callee_mib: f64,
}

#[derive(Serialize)]
struct Compile {
    /// The median over the shapes.
    us_per_shape: f64,
    us_per_shape_fast: f64,
    first_in_process_us: f64,
    /// The mean over the shapes.
    code_bytes_per_shape: f64,
    shapes: Vec<CompileShape>,
    /// The engine-values entry for QuickJS: the median over the engine's cases.
    values_us_per_shape: f64,
    values: Vec<CompileValues>,
    /// The fast-call entry for V8.
    typed: Vec<compile_time::FastCall>,
}

#[derive(Serialize)]
struct CompileValues {
    case: &'static str,
    us: f64,
}

#[derive(Serialize)]
struct CompileShape {
    shape: &'static str,
    us: f64,
    us_fast: f64,
}

#[derive(Serialize)]
struct Callbacks {
    invoke: Invoke,
    create_close: CreateClose,
}

/// C calls a callback: the times are those of `add_i32`, the ratios those of all shapes.
#[derive(Serialize)]
struct Invoke {
    hotcall_ns: f64,
    c_ns: f64,
    libffi_ns: f64,
    geomean_vs_c: f64,
    worst_vs_c: f64,
    shapes: Vec<InvokeShape>,
}

#[derive(Serialize)]
struct InvokeShape {
    shape: &'static str,
    hotcall_ns: f64,
    c_ns: f64,
    libffi_ns: f64,
    hotcall_over_c: f64,
    hotcall_over_c_fast: f64,
    libffi_over_hotcall: f64,
}

/// A callback is made and closed.
#[derive(Serialize)]
struct CreateClose {
    raw_ns: f64,
    closure_ns: f64,
    libffi_ns: f64,
}

/// A library with many symbols is opened: all looked up, and all compiled or none (`lazy`).
#[derive(Serialize)]
struct Open {
    symbols: usize,
    shapes: usize,
    us_per_symbol: f64,
    us_per_symbol_lazy: f64,
    bytes_per_symbol: f64,
    /// Deno's figures for the same declarations, where it is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    deno_us_per_symbol: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deno_bytes_per_symbol: Option<f64>,
}

/// A panic passes a trampoline and is caught, with this one shape compiled, and with a thousand.
#[derive(Serialize)]
struct Unwind {
    throw_us: f64,
    throw_us_1000_shapes: f64,
    ratio: f64,
}

/// Prints hotcall's figures.
#[derive(Parser)]
#[command(name = "report", version)]
struct Arguments {
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Print the machine code, ours and C's, instead of measuring.
    #[arg(long)]
    disassemble: bool,
    /// Measure the loops in engines alone.
    #[arg(long)]
    engines: bool,
    /// Measure two threads alone.
    #[arg(long)]
    threads: bool,
    /// Measure alone how the example runtime opens libraries.
    #[arg(long)]
    opening: bool,
    /// Cargo adds it.
    #[arg(long, hide = true)]
    bench: bool,
    /// The shapes whose calls are measured; all, if none is named.
    #[arg(value_name = "SHAPE", value_parser = shape_names())]
    names: Vec<String>,
}

/// Takes the names of the shapes.
fn shape_names() -> PossibleValuesParser {
    shapes().iter().map(|shape| shape.name).collect::<Vec<_>>().into()
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("report: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let shapes = shapes();
    let arguments = Arguments::parse();
    let first_in_process_us = compile_time::first_in_process(&shapes[1].signature)?;
    let code = CCode::build()?;
    let mut wanted = shapes.iter().filter(|shape| arguments.wants(shape));
    if arguments.disassemble {
        return wanted.try_for_each(|shape| print_code(&Contenders::new(&Jit::new()?, &code, shape)?));
    }
    if arguments.threads {
        threads::print(&threads::measure()?);
        return Ok(());
    }
    if arguments.opening {
        open_runtime::print(&open_runtime::measure()?);
        return Ok(());
    }
    if arguments.engines {
        engine_rows::print("QuickJS", &engine_rows::measure()?);
        engine_rows::print("a bare machine", &vm::measure()?);
        lua::print(&lua::measure()?);
        threads::print(&threads::measure()?);
        spider_monkey::measure()?.iter().for_each(|rows| engine_rows::print("SpiderMonkey", rows));
        jsc::measure()?.iter().for_each(|rows| engine_rows::print("JavaScriptCore", rows));
        return Ok(());
    }
    let compile = compile_times(&shapes, first_in_process_us)?;
    let mut placement = Placement { hotcall_to_c_mib: 0., trampolines_to_callee_mib: 0. };
    let call = wanted.map(|shape| measure(&code, shape, &mut placement)).collect::<Result<Vec<_>, _>>()?;
    let callback = measure_callbacks(&shapes, &arguments)?;
    let open = measure_open()?;
    let open_engine = open_engine::measure()?;
    let open_runtime = open_runtime::measure()?;
    let threads = threads::measure()?;
    let engine = engine_rows::measure()?;
    let vm = vm::measure()?;
    let lua = lua::measure()?;
    let spidermonkey = spider_monkey::measure()?;
    let javascriptcore = jsc::measure()?;
    let Unwound { throw_us, throw_us_1000_shapes, ratio } = unwind::measure()?;
    let unwind = Unwind { throw_us, throw_us_1000_shapes, ratio };
    let declare = declare::measure()?;
    let v8 = if arguments.json { v8_rows::measure()? } else { None };
    let report = Report {
        call_summary: CallSummary::of(&call),
        call,
        placement,
        compile,
        callback,
        open,
        open_engine,
        open_runtime,
        threads,
        engine,
        vm,
        lua,
        spidermonkey,
        javascriptcore,
        v8,
        unwind,
        declare,
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print_tables(&report);
        declare::print(&report.declare);
        v8_rows::print()?;
    }
    Ok(())
}

impl Arguments {
    fn wants(&self, shape: &Shape) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name == shape.name)
    }
}

fn compile_times(shapes: &[Shape], first_in_process_us: f64) -> Result<Compile, Box<dyn Error>> {
    let times = compile_time::each(shapes)?;
    let (us, us_fast): (Vec<_>, Vec<_>) = times.iter().copied().unzip();
    let jit = Jit::new()?;
    let mut bytes = 0;
    for shape in shapes {
        bytes += jit.slots(&shape.signature, Options::default())?.code().len();
    }
    let cases = engine::cases();
    let values_us = compile_time::each_engine_values(&cases)?;
    let values = cases.iter().zip(&values_us).map(|(case, &us)| CompileValues { case: case.name, us }).collect();
    Ok(Compile {
        values,
        typed: compile_time::each_fast_call(&cases)?,
        values_us_per_shape: sample::median(values_us),
        shapes: shapes
            .iter()
            .zip(times)
            .map(|(shape, (us, us_fast))| CompileShape { shape: shape.name, us, us_fast })
            .collect(),
        us_per_shape: sample::median(us),
        us_per_shape_fast: sample::median(us_fast),
        first_in_process_us,
        code_bytes_per_shape: bytes as f64 / shapes.len() as f64,
    })
}

fn measure(code: &CCode, shape: &Shape, placement: &mut Placement) -> Result<Call, Box<dyn Error>> {
    let mut samples = Samples::new();
    // Kept, so that each has addresses of its own.
    let mut places = Vec::new();
    for _ in 0..PLACES {
        let contenders = Contenders::new(&Jit::new()?, code, shape)?;
        placement.add(&contenders);
        samples.take(&contenders);
        places.push(contenders);
    }
    let [hotcall_ns, c_ns, direct_ns, libffi_ns, universal_ns] = samples.medians();
    let [hotcall_bytes, c_bytes] = codes(&places[0]).map(<[u8]>::len);
    Ok(Call {
        shape: shape.name,
        hotcall_ns,
        c_ns,
        direct_ns,
        libffi_ns,
        universal_ns,
        hotcall_over_c: samples.ratio(0, 1),
        hotcall_over_c_fast: samples.fast_ratio(0, 1),
        libffi_over_hotcall: samples.ratio(3, 0),
        universal_over_hotcall: samples.ratio(4, 0),
        hotcall_bytes,
        c_bytes,
    })
}

fn measure_callbacks(shapes: &[Shape], arguments: &Arguments) -> Result<Callbacks, Box<dyn Error>> {
    let c = CCallbacks::build()?;
    let wanted = shapes.iter().filter(|shape| arguments.wants(shape));
    let invoked = wanted.map(|shape| invoke(&c, shape)).collect::<Result<Vec<_>, _>>()?;
    let headline = invoked.iter().find(|shape| shape.shape == "add_i32").unwrap_or(&invoked[0]);
    let vs_c = || invoked.iter().map(|shape| shape.hotcall_over_c);
    let InvokeShape { hotcall_ns, c_ns, libffi_ns, .. } = *headline;
    let (geomean_vs_c, worst_vs_c) = (geomean(vs_c()), vs_c().fold(0., f64::max));
    let mut samples = Samples::new();
    samples.take(&Made::new(&shapes[1])?);
    let [raw_ns, closure_ns, made_by_libffi_ns] = samples.medians();
    Ok(Callbacks {
        invoke: Invoke { hotcall_ns, c_ns, libffi_ns, geomean_vs_c, worst_vs_c, shapes: invoked },
        create_close: CreateClose { raw_ns, closure_ns, libffi_ns: made_by_libffi_ns },
    })
}

fn measure_open() -> Result<Open, Box<dyn Error>> {
    let Opened { shapes, us_per_symbol, us_per_symbol_lazy, bytes_per_symbol, deno } = open::measure()?;
    Ok(Open {
        symbols: open::SYMBOLS,
        shapes,
        us_per_symbol,
        us_per_symbol_lazy,
        bytes_per_symbol,
        deno_us_per_symbol: deno.as_ref().map(|deno| deno.us_per_symbol),
        deno_bytes_per_symbol: deno.as_ref().map(|deno| deno.bytes_per_symbol),
    })
}

fn invoke(c: &CCallbacks, shape: &Shape) -> Result<InvokeShape, Box<dyn Error>> {
    let mut samples = Samples::new();
    samples.take(&Invoked::new(c, shape)?);
    let [hotcall_ns, c_ns, libffi_ns] = samples.medians();
    Ok(InvokeShape {
        shape: shape.name,
        hotcall_ns,
        c_ns,
        libffi_ns,
        hotcall_over_c: samples.ratio(0, 1),
        hotcall_over_c_fast: samples.fast_ratio(0, 1),
        libffi_over_hotcall: samples.ratio(2, 0),
    })
}

impl Compare<5> for Contenders<'_> {
    fn run(&self, way: usize, n: u64) {
        self.run(Way::ALL[way], n);
    }
}

impl Compare<3> for Invoked {
    fn run(&self, way: usize, n: u64) {
        self.run(way, n);
    }
}

impl Compare<3> for Made {
    fn run(&self, way: usize, n: u64) {
        self.run(way, n);
    }
}

impl CallSummary {
    fn of(calls: &[Call]) -> Self {
        let vs_c = || calls.iter().map(|call| call.hotcall_over_c);
        let fast = || calls.iter().map(|call| call.hotcall_over_c_fast);
        let libffi = || calls.iter().map(|call| call.libffi_over_hotcall);
        Self {
            geomean_vs_c: geomean(vs_c()),
            geomean_vs_c_clamped: geomean(vs_c().map(|ratio| ratio.max(1.))),
            worst_vs_c: vs_c().fold(0., f64::max),
            geomean_vs_c_fast: geomean(fast()),
            worst_vs_c_fast: fast().fold(0., f64::max),
            geomean_libffi_over_hotcall: geomean(libffi()),
            geomean_universal_over_hotcall: geomean(calls.iter().map(|call| call.universal_over_hotcall)),
            least_libffi_over_hotcall: libffi().fold(f64::INFINITY, f64::min),
        }
    }
}

fn geomean(values: impl Iterator<Item = f64>) -> f64 {
    let logarithms: Vec<_> = values.map(f64::ln).collect();
    (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp()
}

impl Placement {
    fn add(&mut self, contenders: &Contenders<'_>) {
        let mib = |a: usize, b: usize| a.abs_diff(b) as f64 / f64::from(1 << 20);
        let [ours, c] = codes(contenders).map(|code| code.as_ptr() as usize);
        let callee = contenders.target as usize;
        self.hotcall_to_c_mib = self.hotcall_to_c_mib.max(mib(ours, c));
        self.trampolines_to_callee_mib = self.trampolines_to_callee_mib.max(mib(ours, callee)).max(mib(c, callee));
    }
}

/// The machine code that is compared.
fn codes<'c>(contenders: &'c Contenders<'_>) -> [&'c [u8]; 2] {
    [contenders.trampoline.code(), contenders.c.0.code()]
}

fn print_code(contenders: &Contenders<'_>) -> Result<(), Box<dyn Error>> {
    for (whose, code) in ["hotcall", "C"].into_iter().zip(codes(contenders)) {
        let assembly = disassemble::disassemble(code)?;
        println!("{}, {whose}: {} bytes\n{assembly}", contenders.shape.name, code.len());
    }
    Ok(())
}

fn print_tables(report: &Report) {
    println!("Calls: medians in ns, and ratios (fast: of the fast tenth percentiles)");
    println!(
        "shape          hotcall       C  direct   libffi  universal  hotcall/C    fast  libffi/hotcall  bytes  C's"
    );
    for call in &report.call {
        let Call { shape, hotcall_ns, c_ns, direct_ns, libffi_ns, universal_ns, .. } = call;
        let Call { hotcall_over_c, hotcall_over_c_fast, libffi_over_hotcall, hotcall_bytes, c_bytes, .. } = call;
        println!(
            "{shape:<13} {hotcall_ns:8.2} {c_ns:7.2} {direct_ns:7.2} {libffi_ns:8.2} {universal_ns:10.2} \
             {hotcall_over_c:10.3} {hotcall_over_c_fast:7.3} {libffi_over_hotcall:15.2} {hotcall_bytes:6} {c_bytes:4}"
        );
    }
    let summary = &report.call_summary;
    println!(
        "hotcall/C: geometric mean {:.3} (fast {:.3}), worst {:.3} (fast {:.3})",
        summary.geomean_vs_c, summary.geomean_vs_c_fast, summary.worst_vs_c, summary.worst_vs_c_fast
    );
    println!("hotcall/C with ratios below 1 as 1: geometric mean {:.3}", summary.geomean_vs_c_clamped);
    println!(
        "libffi/hotcall: geometric mean {:.2}, least {:.2}; universal/hotcall: geometric mean {:.2}",
        summary.geomean_libffi_over_hotcall, summary.least_libffi_over_hotcall, summary.geomean_universal_over_hotcall
    );
    let Placement { hotcall_to_c_mib, trampolines_to_callee_mib } = report.placement;
    println!("at most {hotcall_to_c_mib:.1} MiB from ours to C's, {trampolines_to_callee_mib:.1} MiB to the callee\n");

    println!("Compiling a new shape: medians and fast tenth percentiles in µs");
    for CompileShape { shape, us, us_fast } in &report.compile.shapes {
        println!("{shape:<13} {us:8.1} {us_fast:7.1}");
    }
    let Compile { us_per_shape, us_per_shape_fast, first_in_process_us, code_bytes_per_shape, .. } = report.compile;
    println!("{:<13} {us_per_shape:8.1} {us_per_shape_fast:7.1}", "median");
    println!("first in the process {first_in_process_us:.1} µs; {code_bytes_per_shape:.1} bytes of code a shape");
    println!("\nCompiling the values entry of a new shape for QuickJS: medians in µs");
    for CompileValues { case, us } in &report.compile.values {
        println!("{case:<13} {us:8.1}");
    }
    println!("{:<13} {:8.1}", "median", report.compile.values_us_per_shape);
    println!("\nMaking the typed entry of a new shape for V8, and copying it for a symbol: medians in µs");
    println!("case              shape    copy  bytes of a copy");
    for compile_time::FastCall { case, us, copy_us, bytes } in &report.compile.typed {
        println!("{case:<13} {us:9.1} {copy_us:7.1} {bytes:16}");
    }
    print_callbacks(&report.callback);
    let Open { symbols, shapes, us_per_symbol, us_per_symbol_lazy, bytes_per_symbol, .. } = report.open;
    println!("\nOpening {symbols} symbols of {shapes} shapes");
    println!(
        "all compiled {us_per_symbol:.2} µs a symbol, lazily {us_per_symbol_lazy:.2} µs; {bytes_per_symbol:.0} bytes a symbol"
    );
    if let (Some(us), Some(bytes)) = (report.open.deno_us_per_symbol, report.open.deno_bytes_per_symbol) {
        println!("Deno: {us:.2} µs a symbol; {bytes:.0} bytes a symbol");
    }
    open_engine::print(&report.open_engine);
    open_runtime::print(&report.open_runtime);
    threads::print(&report.threads);
    engine_rows::print("QuickJS", &report.engine);
    engine_rows::print("a bare machine", &report.vm);
    lua::print(&report.lua);
    if let Some(rows) = &report.javascriptcore {
        engine_rows::print("JavaScriptCore", rows);
    }
    if let Some(rows) = &report.spidermonkey {
        engine_rows::print("SpiderMonkey", rows);
    }
    let Unwind { throw_us, throw_us_1000_shapes, ratio } = report.unwind;
    println!("\nA panic through a trampoline");
    println!("one shape {throw_us:.2} µs, {} shapes {throw_us_1000_shapes:.2} µs: ratio {ratio:.3}", unwind::SHAPES);
}

fn print_callbacks(Callbacks { invoke, create_close }: &Callbacks) {
    println!("\nCallbacks called: medians in ns, and ratios");
    println!("shape          hotcall       C   libffi  hotcall/C    fast  libffi/hotcall");
    for times in &invoke.shapes {
        let InvokeShape { shape, hotcall_ns, c_ns, libffi_ns, .. } = times;
        let InvokeShape { hotcall_over_c, hotcall_over_c_fast, libffi_over_hotcall, .. } = times;
        println!(
            "{shape:<13} {hotcall_ns:8.2} {c_ns:7.2} {libffi_ns:8.2} {hotcall_over_c:10.3} {hotcall_over_c_fast:7.3} \
             {libffi_over_hotcall:15.2}"
        );
    }
    println!("hotcall/C: geometric mean {:.3}, worst {:.3}", invoke.geomean_vs_c, invoke.worst_vs_c);
    let CreateClose { raw_ns, closure_ns, libffi_ns } = create_close;
    println!("made and closed: raw {raw_ns:.1} ns, closure {closure_ns:.1} ns, libffi {libffi_ns:.1} ns");
}
