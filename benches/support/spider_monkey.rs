//! Functions that script in SpiderMonkey calls: the engine's way through the engine-values entry, a C++ function written for the engine,
//! and slots that Rust code fills.

use std::cell::Cell;
use std::error::Error;
use std::ffi::c_void;
use std::path::Path;
use std::ptr;

use hotcall::engine::{Engine, EngineCallback, Output, Realm, Site, View};
use hotcall::{
    CallbackError, Extent, ForeignCall, Function, FunctionOptions, LocalOptions, Scalar, Signature, Slot, Type,
};
use hotcall_engines::spider_monkey::{SpiderMonkey, SpiderMonkeyScript};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::files::Files;
use libloading::Library;

use crate::engine::{Case, WAYS, cases};
use crate::engine_rows::Row;
use crate::sample::{Compare, Samples};
use crate::support::c::address;

/// How many times each case is set up: where things lie by chance costs time.
const SETUPS: usize = 7;

/// The most that a case has.
const PARAMETERS: usize = 12;

/// Values of SpiderMonkey 102: an integer's tag, the largest double, and others.
const INT32: u64 = 0x1fff1 << 47;
const BOOLEAN: u64 = 0x1fff2 << 47;
const UNDEFINED: u64 = 0x1fff3 << 47;
const NULL: u64 = 0x1fff4 << 47;
const LAST_DOUBLE: u64 = (0x1fff0 << 47) | 0xffff_ffff;
const NAN: u64 = 0x7ff8 << 48;

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
    slots: MonkeySlots,
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
        let slots = MonkeySlots::new(function, script.realm.clone());
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

/// A C function with what its calls need of its types.
struct MonkeySlots {
    function: Function,
    realm: Realm<SpiderMonkey>,
    params: Vec<Passed>,
    result: Option<Passed>,
}

/// A type.
#[derive(Clone, Copy)]
enum Passed {
    Scalar(Scalar),
    /// A struct of this size in bytes.
    Bytes(usize),
}

thread_local! {
    /// The function that script calls by slots: native functions get no pointer of their own.
    static CURRENT: Cell<*const MonkeySlots> = const { Cell::new(ptr::null()) };
}

impl MonkeySlots {
    fn new(function: Function, realm: Realm<SpiderMonkey>) -> Self {
        let passed = |ty: &Type| match ty.as_scalar() {
            Some(scalar) => Passed::Scalar(scalar),
            None => Passed::Bytes(Extent::of(ty).expect("the cases are within the limits").size as usize),
        };
        let signature = function.signature();
        assert!(signature.params().len() <= PARAMETERS);
        let (params, result) = (signature.params().iter().map(passed).collect(), signature.result().map(passed));
        Self { function, realm, params, result }
    }

    /// # Safety
    ///
    /// The value is one of the engine's.
    #[inline]
    unsafe fn slot(&self, site: Site, passed: Passed, value: u64) -> Option<Slot> {
        let size = match passed {
            Passed::Bytes(size) => size,
            Passed::Scalar(Scalar::Pointer(_)) => 0,
            Passed::Scalar(scalar) => return number(scalar, value),
        };
        if value == NULL && size == 0 {
            return Some(Slot::from_bits(0));
        }
        // SAFETY: the caller promises a value of the engine.
        let view = unsafe { self.realm.engine().view(site, [value, 0]) };
        if let View::Bytes { address, len } = view {
            return (len >= size).then(|| address.into());
        }
        if let (View::Pointer(address), Passed::Scalar(_)) = (view, passed) { Some(address.into()) } else { None }
    }

    /// # Safety
    ///
    /// The result is one of the function's.
    unsafe fn value(&self, site: Site, result: &[Slot; 2]) -> Option<u64> {
        Some(match self.result {
            None => UNDEFINED,
            Some(Passed::Bytes(size)) => {
                // SAFETY: a struct's bytes are there.
                unsafe {
                    let bytes = std::slice::from_raw_parts(result.as_ptr().cast(), size);
                    self.realm.engine().make(site, Output::Bytes(bytes)).ok()?[0]
                }
            }
            Some(Passed::Scalar(Scalar::F64)) => {
                let number = result[0].as_f64();
                if number.is_nan() { NAN } else { number.to_bits() }
            }
            Some(Passed::Scalar(Scalar::Bool)) => BOOLEAN | result[0].to_bits(),
            Some(Passed::Scalar(_)) => INT32 | u64::from(result[0].as_u32()),
        })
    }
}

#[inline]
fn number(scalar: Scalar, value: u64) -> Option<Slot> {
    let number = if value >> 47 == INT32 >> 47 {
        f64::from(value as i32)
    } else if value <= LAST_DOUBLE {
        f64::from_bits(value)
    } else {
        return None;
    };
    if scalar == Scalar::F64 {
        return Some(number.into());
    }
    let integer = number as i64;
    let slot = Slot::from(integer);
    let unsigned = scalar.size() == 8 && !scalar.is_signed();
    (integer as f64 == number && slot.canonical(scalar) == slot && !(unsigned && integer < 0)).then_some(slot)
}

unsafe extern "C" fn by_slots(context: *mut c_void, argc: u32, vp: *mut u64) -> bool {
    // SAFETY: `run` has set `CURRENT` to the function of the loop that runs. The engine passes the callee, `this` and `argc` arguments.
    unsafe {
        let this = &*CURRENT.get();
        let site = Site::new(context);
        if (argc as usize) < this.params.len() {
            return false;
        }
        let mut slots = [Slot::default(); PARAMETERS];
        for (index, (&passed, to)) in this.params.iter().zip(&mut slots).enumerate() {
            let Some(converted) = this.slot(site, passed, *vp.add(2 + index)) else { return false };
            *to = converted;
        }
        // Room for the largest struct.
        let mut result = [Slot::default(); 2];
        this.function.call_unchecked(slots.as_ptr(), result.as_mut_ptr());
        if this.realm.is_pending() {
            return false;
        }
        let Some(value) = this.value(site, &result) else { return false };
        *vp = value;
        true
    }
}
