//! Loops in engines whose values are boxed in NaNs: the engine's way through the engine-values entry, a native function written for
//! the engine, and slots that Rust code fills.

use std::cell::Cell;
use std::error::Error;
use std::ffi::c_void;
use std::ptr;

use hotcall::engine::{EngineCallback, Record};
use hotcall::{Function, FunctionOptions, Signature, Type};
use hotcall_engines::Language;
use libloading::Library;

use crate::boxed_slots::{Boxed, BoxedSlots};
use crate::engine::{Case, WAYS, cases};
use crate::engine_rows::Row;
use crate::sample::{Compare, Samples};
use crate::support::c::address;

/// How many times each case is set up: where things lie by chance costs time.
const SETUPS: usize = 7;

/// The bytes of the stack that script may use.
const STACK: usize = 512 * 1024;

/// A context of such an engine, with script. Values are its words.
pub(crate) trait BoxedScript: Language<Engine: Boxed> {
    /// The native function that calls [`current`] slots.
    fn by_slots() -> *const c_void;
    fn set_global(&self, name: &str, value: u64);
    fn value(&self, source: &str) -> u64;
    fn pointer(&self, address: *const c_void) -> u64;
    fn function(&self, name: &str, record: Record) -> u64;

    /// # Safety
    ///
    /// The address is that of a native function of the engine.
    unsafe fn native(&self, name: &str, address: *const c_void, arity: u32) -> u64;

    /// Calls a function of script that throws nothing.
    ///
    /// # Safety
    ///
    /// The values are the engine's.
    unsafe fn call(&self, function: u64, args: &[u64]);
}

/// The rows of the functions in a library, whose native functions are called `js_` and the name.
pub(crate) fn measure<S: BoxedScript>(library: &Library) -> Result<Vec<Row>, Box<dyn Error>> {
    let row = |case: &Case| {
        let mut samples = Samples::new();
        for _ in 0..SETUPS {
            samples.take_equal(&BoxedLoops::<S>::new(library, case)?);
        }
        Ok(Row::of(case.name, &samples))
    };
    cases().iter().map(row).collect()
}

/// Loops in script around a call, in each of the ways.
struct BoxedLoops<S: BoxedScript> {
    /// Functions of script that run a loop, with what they are called with: the function, `a` and `b`.
    ways: [[u64; 4]; WAYS.len()],
    /// The callback that `a` is, for those that want a pointer.
    _callback: Option<EngineCallback>,
    slots: BoxedSlots<S::Engine>,
    script: S,
}

impl<S: BoxedScript> BoxedLoops<S> {
    /// Sets all of them up, and checks that they agree on the result.
    fn new(library: &Library, case: &Case) -> Result<Self, Box<dyn Error>> {
        let script = S::with_stack(STACK).ok_or("the engine is gone")?;
        let target = address(library, case.name)?;
        // SAFETY: the library stays loaded as long as the loops run, and the function has this signature.
        let function =
            unsafe { Function::from_address(case.name, target, &case.signature, FunctionOptions::default()) }?;
        let callback = if case.name == "call_back" {
            let signature = Signature::new([Type::I32], Type::I32)?;
            Some(script.engine_callback(&signature, &format!("({})", case.objects[0]))?)
        } else {
            None
        };
        let kept = Cell::new(0);
        // A global variable keeps its value from the collector.
        let keep = |value| {
            kept.set(kept.get() + 1);
            script.set_global(&format!("kept{}", kept.get()), value);
            value
        };
        let arity = case.signature.params().len() as u32;
        // SAFETY: script passes what the function takes.
        let record = unsafe { script.realm().record(&function) }?;
        let values = keep(script.function(case.name, record));
        // SAFETY: the library has a native function of this name, and `by_slots` is one.
        let (c, by_slots) = unsafe {
            let c = address(library, &format!("js_{}", case.name))?;
            (keep(script.native(case.name, c, arity)), keep(script.native(case.name, S::by_slots(), arity)))
        };
        let way = |index: usize, body: &str| {
            let loops = keep(script.value(&format!("((n, f, a, b) => {{ for (let i = 0; i < n; i++) {body}; }})")));
            let [a, b] = case.objects.map(|source| keep(script.value(&format!("({source})"))));
            // The function that is written for the engine takes the script's function itself.
            let a = match &callback {
                Some(callback) if WAYS[index] != "c" => keep(script.pointer(callback.as_ptr())),
                _ => a,
            };
            [loops, [values, c, by_slots, S::Engine::UNDEFINED][index], a, b]
        };
        let call = format!("f({})", case.args);
        let ways = [way(0, &call), way(1, &call), way(2, &call), way(3, "")];
        let slots = BoxedSlots::new(function, script.realm().clone());
        let loops = Self { ways, _callback: callback, slots, script };
        loops.check(case)?;
        Ok(loops)
    }

    fn check(&self, case: &Case) -> Result<(), Box<dyn Error>> {
        self.set_current();
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

    fn set_current(&self) {
        CURRENT.set((&raw const self.slots).cast());
    }
}

impl<S: BoxedScript> Compare<4> for BoxedLoops<S> {
    fn run(&self, way: usize, n: u64) {
        self.set_current();
        let [loops, f, a, b] = self.ways[way];
        // SAFETY: the values are the engine's, and global variables keep them.
        unsafe { self.script.call(loops, &[S::Engine::integer(n as u32), f, a, b]) };
    }
}

thread_local! {
    /// The function that script calls by slots: native functions get no pointer of their own.
    static CURRENT: Cell<*const c_void> = const { Cell::new(ptr::null()) };
}

/// Returns the function that script calls by slots.
///
/// # Safety
///
/// A native function of this engine asks, in a loop that [`measure`] runs.
#[inline]
pub(crate) unsafe fn current<'a, E: Boxed>() -> &'a BoxedSlots<E> {
    // SAFETY: each loop sets this to its own slots before script runs, and they outlive the loop.
    unsafe { &*CURRENT.get().cast() }
}
