//! Functions that script in SpiderMonkey calls: the engine's way through the engine-values entry, a C++ function written for the engine,
//! and slots that Rust code fills.

use std::cell::Cell;
use std::error::Error;
use std::ffi::c_void;
use std::path::Path;
use std::ptr;

use hotcall::engine::{EngineCallback, Site};
use hotcall::{CallbackError, ForeignCall, Function, FunctionOptions, LocalOptions, Signature, Type};
use hotcall_engines::spider_monkey::{SpiderMonkey, SpiderMonkeyScript};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::files::Files;
use libloading::Library;

use crate::boxed_slots::{Boxed, BoxedSlots};
use crate::engine::{Case, WAYS, cases};
use crate::engine_rows::Row;
use crate::sample::{Compare, Samples};
use crate::support::c::address;

/// How many times each case is set up: where things lie by chance costs time.
const SETUPS: usize = 7;

/// Values of SpiderMonkey 102: an integer's tag, the largest double, and others.
const INT32: u64 = 0x1fff1 << 47;
const BOOLEAN: u64 = 0x1fff2 << 47;
const UNDEFINED: u64 = 0x1fff3 << 47;
const NULL: u64 = 0x1fff4 << 47;
const LAST_DOUBLE: u64 = (0x1fff0 << 47) | 0xffff_ffff;
const NAN: u64 = 0x7ff8 << 48;

impl Boxed for SpiderMonkey {
    const UNDEFINED: u64 = UNDEFINED;
    const NULL: u64 = NULL;

    #[inline]
    fn number(value: u64) -> Option<f64> {
        if value >> 47 == INT32 >> 47 {
            return Some(f64::from(value as i32));
        }
        (value <= LAST_DOUBLE).then(|| f64::from_bits(value))
    }

    fn double(number: f64) -> u64 {
        if number.is_nan() { NAN } else { number.to_bits() }
    }

    fn integer(number: u32) -> u64 {
        INT32 | u64::from(number)
    }

    fn boolean(is_true: bool) -> u64 {
        BOOLEAN | u64::from(is_true)
    }
}

/// The rows; `None` where there is no SpiderMonkey.
pub(crate) fn measure() -> Result<Option<Vec<Row>>, Box<dyn Error>> {
    if SpiderMonkeyScript::new().is_none() {
        return Ok(None);
    }
    let library = compile()?;
    cases().iter().map(|case| measure_case(&library, case)).collect::<Result<_, _>>().map(Some)
}

fn measure_case(library: &Library, case: &Case) -> Result<Row, Box<dyn Error>> {
    let mut samples = Samples::new();
    for _ in 0..SETUPS {
        samples.take_equal(&MonkeyLoops::new(library, case)?);
    }
    Ok(Row::of(case.name, &samples))
}

/// Compiles and loads spider_monkey.cc.
fn compile() -> Result<Library, Box<dyn Error>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support/spider_monkey.cc");
    // The object stays mapped.
    let files = Files::new()?;
    let object = files.path().join("functions.so");
    // Callees without inlining, as between two libraries.
    let mut flags = vec!["-O3", "-fno-plt", "-fsemantic-interposition"];
    flags.extend(hotcall_engines::spider_monkey::FLAGS);
    Compiler::cxx().compile(&flags, &source, &object)?;
    // SAFETY: the library has no initialisers that do anything.
    Ok(unsafe { Library::new(object) }?)
}

/// Loops in script around a call, in each of the ways.
struct MonkeyLoops {
    /// Functions of script that run a loop, with what they are called with: the function, `a` and `b`.
    ways: [[u64; 4]; WAYS.len()],
    /// The callback that `a` is, for those that want a pointer.
    _callback: Option<EngineCallback>,
    slots: BoxedSlots<SpiderMonkey>,
    script: SpiderMonkeyScript,
}

impl MonkeyLoops {
    /// Sets all of them up, and checks that they agree on the result.
    fn new(library: &Library, case: &Case) -> Result<Self, Box<dyn Error>> {
        let script = SpiderMonkeyScript::new().ok_or("there is no SpiderMonkey")?;
        let target = address(library, case.name)?;
        // SAFETY: the library stays loaded as long as the loops run, and the function has this signature.
        let function =
            unsafe { Function::from_address(case.name, target, &case.signature, FunctionOptions::default()) }?;
        let callback = if case.name == "call_back" { Some(callback(&script, case.objects[0])?) } else { None };
        let kept = Cell::new(0);
        // A global variable keeps its value from the collector.
        let keep = |value| {
            kept.set(kept.get() + 1);
            script.set_global(&format!("kept{}", kept.get()), value);
            value
        };
        let arity = case.signature.params().len() as u32;
        // SAFETY: script passes what the function takes.
        let record = unsafe { script.realm.record(&function) }?;
        let values = keep(script.function(case.name, record));
        // SAFETY: spider_monkey.cc has a native function of this name, and `by_slots` is one.
        let (c, by_slots) = unsafe {
            let c = address(library, &format!("js_{}", case.name))?;
            (keep(script.native(case.name, c, arity)), keep(script.native(case.name, by_slots as *const c_void, arity)))
        };
        let way = |index: usize, body: &str| {
            let loops = keep(script.value(&format!("((n, f, a, b) => {{ for (let i = 0; i < n; i++) {body}; }})")));
            let [a, b] = case.objects.map(|source| keep(script.value(&format!("({source})"))));
            // C++'s function takes the script's function itself.
            let a = match &callback {
                Some(callback) if WAYS[index] != "c" => keep(script.pointer(callback.as_ptr())),
                _ => a,
            };
            [loops, [values, c, by_slots, UNDEFINED][index], a, b]
        };
        let call = format!("f({})", case.args);
        let ways = [way(0, &call), way(1, &call), way(2, &call), way(3, "")];
        let slots = BoxedSlots::new(function, script.realm.clone());
        let loops = Self { ways, _callback: callback, slots, script };
        loops.check(case)?;
        Ok(loops)
    }

    fn check(&self, case: &Case) -> Result<(), Box<dyn Error>> {
        CURRENT.set(&self.slots);
        for (way, [_, values @ ..]) in WAYS.iter().zip(&self.ways).take(3) {
            for (name, value) in ["f", "a", "b"].iter().zip(values) {
                self.script.set_global(name, *value);
            }
            let text = self.script.run(&format!("i = 5; String(f({}))", case.args))?;
            if text != case.result {
                return Err(format!("{}: {way} gives {text}, not {}", case.name, case.result).into());
            }
        }
        Ok(())
    }
}

impl Compare<4> for MonkeyLoops {
    fn run(&self, way: usize, n: u64) {
        CURRENT.set(&self.slots);
        let [loops, values @ ..] = self.ways[way];
        let args = [[INT32 | u64::from(n as u32), 0], [values[0], 0], [values[1], 0], [values[2], 0]];
        // SAFETY: the values are the engine's, and global variables keep them.
        let result = unsafe { self.script.realm.engine().call(self.script.context, loops, &args) };
        assert!(result.is_ok(), "script throws nothing");
    }
}

/// A callback that is a function of script.
fn callback(script: &SpiderMonkeyScript, source: &str) -> Result<EngineCallback, CallbackError> {
    let signature = Signature::new([Type::I32], Type::I32).expect("the signature is within the limits");
    let thunk = script.thunk(&signature)?;
    script.callback(&thunk, &format!("({source})"), LocalOptions::default(), Err::<(), ForeignCall>)
}

thread_local! {
    /// The function that script calls by slots: native functions get no pointer of their own.
    static CURRENT: Cell<*const BoxedSlots<SpiderMonkey>> = const { Cell::new(ptr::null()) };
}

unsafe extern "C" fn by_slots(context: *mut c_void, argc: u32, vp: *mut u64) -> bool {
    // SAFETY: `run` has set `CURRENT` to the function of the loop that runs. The engine passes the callee, `this` and `argc`
    // arguments.
    unsafe {
        let Some(value) = (*CURRENT.get()).call(Site::new(context), argc as usize, vp.add(2)) else { return false };
        *vp = value;
        true
    }
}
