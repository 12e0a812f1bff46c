//! The costs of making all of a library's functions for an engine, and of their first calls.

use std::error::Error;
use std::ffi::c_void;
use std::mem::transmute;
use std::ptr;
use std::time::Instant;

use hotcall::declare::{Declarations, Item};
use hotcall::engine::{Engine, EngineError, Kind, Output, Realm, Record, Site, ValueModel, View, Words, quickjs};
use hotcall::{Function, FunctionOptions, Signature};
use hotcall_engines::quickjs::Script;
use hotcall_testing::compiler::{Compiler, CompilerError};
use serde::Serialize;

use crate::sample::{median, percentile};

const ROUNDS: usize = 31;

/// The functions that a header declares, made for QuickJS. Times are in microseconds.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) header: &'static str,
    pub(crate) symbols: usize,
    pub(crate) shapes: usize,
    /// For each symbol: all records at once, with their signatures new to the process.
    pub(crate) records_us: f64,
    /// For each symbol: all records at once, compiled when they are made.
    pub(crate) records_compiled_us: f64,
    /// The first call of each function: interpreted.
    pub(crate) first_call_us: f64,
    pub(crate) first_call_us_p99: f64,
    /// An interpreted call later on.
    pub(crate) interpreted_call_us: f64,
    /// The call that compiles, for each shape.
    pub(crate) compiling_call_us: f64,
    pub(crate) compiling_call_us_p99: f64,
    /// The shapes of the model with objects, of which machine code finds the bytes.
    pub(crate) objects_shapes: usize,
    /// The call that compiles, for each of these shapes.
    pub(crate) objects_compiling_call_us: f64,
    pub(crate) objects_compiling_call_us_p99: f64,
}

/// An engine that passes integers and null. It makes null of everything.
pub(crate) struct Mute;

// SAFETY: no value has bytes, and null is a value of the engine.
unsafe impl Engine for Mute {
    type Exception = ();

    unsafe fn view(&self, _: Site, _: Words) -> View {
        View::Other(Kind::Object)
    }

    unsafe fn make(&self, _: Site, _: Output<'_>) -> Result<Words, ()> {
        Ok(quickjs::UNDEFINED)
    }

    unsafe fn exception(&self, _: Site, _: &EngineError) {}

    unsafe fn throw(&self, _: Site, (): ()) {}
}

/// The target of all functions. It takes no notice of its arguments, which its caller removes.
extern "C" fn target() -> u64 {
    0
}

/// The headers that are installed.
pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for header in ["sqlite3.h", "SDL2/SDL.h"] {
        let text = match Compiler::c().preprocessed(&["-I/usr/include/SDL2"], header) {
            Err(CompilerError::Fails { .. }) => continue,
            text => text?,
        };
        let declarations = Declarations::from_c(&text)?;
        let function =
            |item: &Item| if let Item::Function(function) = item { Some(function.signature.clone()) } else { None };
        // The target writes no result to memory.
        let signatures: Vec<_> = declarations
            .iter()
            .filter_map(|declaration| function(&declaration.item))
            .filter(|signature| signature.result().is_none_or(|ty| ty.as_aggregate().is_none()))
            .collect();
        rows.push(measure_header(header, &signatures)?);
    }
    Ok(rows)
}

fn measure_header(header: &'static str, signatures: &[Signature]) -> Result<Row, Box<dyn Error>> {
    let symbols = signatures.len();
    let model = quickjs::model();
    let time = |calls: u32| -> Result<f64, Box<dyn Error>> {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            // A realm keeps the shapes that it has used, and their code.
            let (realm, functions) = (realm(&model, calls)?, functions(signatures)?);
            let start = Instant::now();
            // SAFETY: the target takes any arguments.
            let records = unsafe { realm.records(&functions) }?;
            times.push(start.elapsed().as_secs_f64() * 1e6 / symbols as f64);
            drop(records);
        }
        Ok(median(times))
    };
    let (records_us, records_compiled_us) = (time(u32::MAX)?, time(0)?);
    let Calls { mut first, later, mut compiling } = Calls::measure(&model, signatures)?;
    let script = Script::default();
    let with_objects = script.realm.model().filter(|model| model.objects.is_some());
    let with_objects = with_objects.ok_or("the layout of QuickJS's objects was not found")?;
    let Calls { compiling: mut objects_compiling, .. } = Calls::measure(with_objects, signatures)?;
    Ok(Row {
        header,
        symbols,
        shapes: compiling.len(),
        records_us,
        records_compiled_us,
        first_call_us_p99: percentile(&mut first, 99),
        first_call_us: median(first),
        interpreted_call_us: median(later),
        compiling_call_us_p99: percentile(&mut compiling, 99),
        compiling_call_us: median(compiling),
        objects_shapes: objects_compiling.len(),
        objects_compiling_call_us_p99: percentile(&mut objects_compiling, 99),
        objects_compiling_call_us: median(objects_compiling),
    })
}

/// The times of calls of a header's functions, in microseconds.
struct Calls {
    /// The first call of each function: interpreted.
    first: Vec<f64>,
    /// The second call of each function: interpreted.
    later: Vec<f64>,
    /// The call that compiles, for each shape.
    compiling: Vec<f64>,
}

impl Calls {
    fn measure(model: &ValueModel, signatures: &[Signature]) -> Result<Self, Box<dyn Error>> {
        let realm = realm(model, u32::MAX)?;
        let functions = functions(signatures)?;
        // SAFETY: the target takes any arguments.
        let records = unsafe { realm.records(&functions) }?;
        let records: Vec<_> = records.into_iter().map(EngineFunction::new).collect();
        let [first, later] = std::array::from_fn(|_| records.iter().map(EngineFunction::time).collect());
        realm.compile_policy().set_after(1);
        let compile = |function: &EngineFunction| {
            let is_first = !function.record().is_compiled();
            let time = function.time();
            (is_first && function.record().is_compiled()).then_some(time)
        };
        Ok(Self { first, later, compiling: records.iter().filter_map(compile).collect() })
    }
}

/// A new realm of the model, whose functions are compiled after this number of calls.
fn realm(model: &ValueModel, after: u32) -> Result<Realm<Mute>, Box<dyn Error>> {
    // SAFETY: the model is that of QuickJS, whose calls are imitated here. No argument is an object.
    let realm = unsafe { Realm::new(Mute, model.clone()) }?;
    realm.compile_policy().set_after(after);
    Ok(realm)
}

/// A function of each signature.
pub(crate) fn functions(signatures: &[Signature]) -> Result<Vec<Function>, Box<dyn Error>> {
    let address = target as *const c_void;
    let mut options = FunctionOptions::default();
    options.lazy = true;
    // SAFETY: a function without parameters may be called with any in this convention.
    let made = |signature| unsafe { Function::from_address("f", address, signature, options) };
    signatures.iter().map(made).collect::<Result<_, _>>().map_err(Into::into)
}

/// A record as the engine has it, with arguments for a call.
pub(crate) struct EngineFunction {
    record: *mut c_void,
    args: Vec<Words>,
    entry: *const c_void,
    view: Record,
}

impl EngineFunction {
    pub(crate) fn new(record: Record) -> Self {
        let pointer =
            |ty: &hotcall::Type| ty.as_scalar().is_some_and(|scalar| matches!(scalar, hotcall::Scalar::Pointer(_)));
        let params = record.function().signature().params();
        // Null, or the integer 1.
        let args = params.iter().map(|ty| if pointer(ty) { [0, 2] } else { [1, 0] }).collect();
        let entry = record.entry();
        let raw = record.into_raw();
        // SAFETY: the pointer came from there; it stands for the engine's.
        Self { record: raw, args, entry, view: unsafe { Record::from_raw(raw) } }
    }

    const fn record(&self) -> &Record {
        &self.view
    }

    /// Microseconds of one call.
    fn time(&self) -> f64 {
        let start = Instant::now();
        self.call();
        start.elapsed().as_secs_f64() * 1e6
    }

    pub(crate) fn call(&self) {
        #[repr(C)]
        struct JsValue(Words);
        type Closure = unsafe extern "C" fn(*mut c_void, JsValue, i32, *const Words, i32, *mut c_void) -> JsValue;
        // SAFETY: the entry is a function of this type, as the model says.
        let native = unsafe { transmute::<*const c_void, Closure>(self.entry) };
        // SAFETY: the arguments are values of the engine, and as many as the function has.
        unsafe {
            let this = JsValue(quickjs::UNDEFINED);
            native(ptr::null_mut(), this, self.args.len() as i32, self.args.as_ptr(), 0, self.record);
        }
    }
}

/// Prints a table.
pub(crate) fn print(rows: &[Row]) {
    println!("\nMaking a library's functions for QuickJS, and calling them: medians in µs");
    println!(
        "{:<11} symbols shapes  record  compiled   first   (p99)   later compiling   (p99)  with objects: shapes compiling   (p99)",
        "header"
    );
    for row in rows {
        let Row { header, symbols, shapes, records_us, records_compiled_us, .. } = row;
        println!(
            "{header:<11} {symbols:7} {shapes:6} {records_us:7.3} {records_compiled_us:9.2} {:7.2} {:7.2} {:7.3} {:9.1} {:7.1} {:21} {:9.1} {:7.1}",
            row.first_call_us,
            row.first_call_us_p99,
            row.interpreted_call_us,
            row.compiling_call_us,
            row.compiling_call_us_p99,
            row.objects_shapes,
            row.objects_compiling_call_us,
            row.objects_compiling_call_us_p99
        );
    }
}
