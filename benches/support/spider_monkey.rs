//! Functions that script in SpiderMonkey calls, beside functions written in C++ for the engine.

use std::error::Error;
use std::ffi::c_void;
use std::path::Path;

use hotcall::engine::{Record, Site};
use hotcall_engines::spider_monkey::{SpiderMonkey, SpiderMonkeyScript};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::files::Files;
use libloading::Library;

use crate::boxed_loops::{self, BoxedScript, current};
use crate::boxed_slots::Boxed;
use crate::engine_rows::Row;

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
    boxed_loops::measure::<SpiderMonkeyScript>(&compile()?).map(Some)
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

impl BoxedScript for SpiderMonkeyScript {
    fn by_slots() -> *const c_void {
        by_slots as *const c_void
    }

    fn set_global(&self, name: &str, value: u64) {
        self.set_global(name, value);
    }

    fn value(&self, source: &str) -> u64 {
        self.value(source)
    }

    fn pointer(&self, address: *const c_void) -> u64 {
        self.pointer(address)
    }

    fn function(&self, name: &str, record: Record) -> u64 {
        self.function(name, record)
    }

    unsafe fn native(&self, name: &str, address: *const c_void, arity: u32) -> u64 {
        // SAFETY: the caller promises a native function.
        unsafe { self.native(name, address, arity) }
    }

    unsafe fn call(&self, function: u64, args: &[u64]) {
        let args: Vec<_> = args.iter().map(|&value| [value, 0]).collect();
        // SAFETY: the caller promises values of the engine.
        let result = unsafe { self.realm.engine().call(self.context, function, &args) };
        assert!(result.is_ok(), "script throws nothing");
    }
}

unsafe extern "C" fn by_slots(context: *mut c_void, argc: u32, vp: *mut u64) -> bool {
    // SAFETY: a loop calls this. The engine passes the callee, `this` and `argc` arguments.
    unsafe {
        let slots = current::<SpiderMonkey>();
        let Some(value) = slots.call(Site::new(context), argc as usize, vp.add(2)) else { return false };
        *vp = value;
        true
    }
}
