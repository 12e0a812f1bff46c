//! Functions that script in JavaScriptCore calls, beside functions written in C for its API.

use std::error::Error;
use std::ffi::c_void;
use std::path::Path;
use std::ptr;

use hotcall::engine::{Record, Site};
use hotcall_engines::jsc::{Jsc, JscScript, Value};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::files::Files;
use libloading::Library;

use crate::boxed_loops::{self, BoxedScript, current};
use crate::boxed_slots::Boxed;
use crate::engine_rows::Row;

/// Values of JavaScriptCore: an integer's tag, what is added to the bits of doubles, and others.
const INT32: u64 = 0xfffe << 48;
const DOUBLE_OFFSET: u64 = 0x2 << 48;
const NAN: u64 = 0x7ff8 << 48;
const NULL: u64 = 2;
const FALSE: u64 = 6;
const UNDEFINED: u64 = 10;

impl Boxed for Jsc {
    const UNDEFINED: u64 = UNDEFINED;
    const NULL: u64 = NULL;

    #[inline]
    fn number(value: u64) -> Option<f64> {
        if value >= INT32 {
            return Some(f64::from(value as i32));
        }
        (value >= DOUBLE_OFFSET).then(|| f64::from_bits(value - DOUBLE_OFFSET))
    }

    fn double(number: f64) -> u64 {
        (if number.is_nan() { NAN } else { number.to_bits() }) + DOUBLE_OFFSET
    }

    fn integer(number: u32) -> u64 {
        INT32 | u64::from(number)
    }

    fn boolean(is_true: bool) -> u64 {
        FALSE | u64::from(is_true)
    }
}

/// The rows; `None` where there is no JavaScriptCore.
pub(crate) fn measure() -> Result<Option<Vec<Row>>, Box<dyn Error>> {
    let Some(file) = JscScript::library() else { return Ok(None) };
    boxed_loops::measure::<JscScript>(&compile(file)?).map(Some)
}

/// Compiles and loads jsc.c, which calls the engine of this library.
fn compile(engine: &str) -> Result<Library, Box<dyn Error>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support/jsc.c");
    // The object stays mapped.
    let files = Files::new()?;
    let object = files.path().join("functions.so");
    let engine = format!("-l:{engine}");
    // Callees without inlining, as between two libraries.
    let flags = ["-O3", "-fno-plt", "-fsemantic-interposition", "-Wl,--no-as-needed", &engine];
    Compiler::c().compile(&flags, &source, &object)?;
    // SAFETY: the library has no initialisers that do anything.
    Ok(unsafe { Library::new(object) }?)
}

/// Returns the value of a word.
fn value(word: u64) -> Value {
    ptr::with_exposed_provenance_mut(word as usize)
}

impl BoxedScript for JscScript {
    fn by_slots() -> *const c_void {
        by_slots as *const c_void
    }

    fn set_global(&self, name: &str, word: u64) {
        // SAFETY: the loops have values of this engine alone.
        unsafe { self.set_global(name, value(word)) };
    }

    fn value(&self, source: &str) -> u64 {
        self.value(source) as u64
    }

    fn pointer(&self, address: *const c_void) -> u64 {
        self.pointer(address) as u64
    }

    fn function(&self, name: &str, record: Record) -> u64 {
        self.function(name, record) as u64
    }

    unsafe fn native(&self, name: &str, address: *const c_void, _arity: u32) -> u64 {
        // SAFETY: the caller promises a native function.
        unsafe { self.native(name, address) as u64 }
    }

    unsafe fn call(&self, function: u64, args: &[u64]) {
        let args: Vec<_> = args.iter().map(|&word| [word, 0]).collect();
        // SAFETY: the caller promises values of the engine.
        let result = unsafe { self.realm.engine().call(self.context, value(function), &args) };
        assert!(result.is_ok(), "script throws nothing");
    }
}

unsafe extern "C" fn by_slots(
    context: *mut c_void,
    _function: Value,
    _this: Value,
    argc: usize,
    argv: *const Value,
    _exception: *mut Value,
) -> Value {
    // SAFETY: a loop calls this. The engine passes `argc` values.
    let result = unsafe { current::<Jsc>().call(Site::new(context), argc, argv.cast()) };
    value(result.unwrap_or(UNDEFINED))
}
