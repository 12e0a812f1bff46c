//! A runtime in which the functions of `fixture.c` are global, and tables of the results that script must see.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ops::Deref;
use std::ptr;
use std::sync::OnceLock;

use hotcall::Library;
use hotcall_testing::fixture::shared_object;
use hotcall_testing::notation;
use rquickjs_sys as js;

use hotcall_engines::quickjs::Script;
use hotcall_engines::{CallbackWay, Language, ScriptCallback};

/// The library of `fixture.c`.
pub(crate) fn fixture() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        // SAFETY: it has no initialisers.
        unsafe { Library::open(shared_object(include_str!("fixture.c"))) }.unwrap()
    })
}

/// Functions for the tests' scripts.
const PRELUDE: &str = r"
    // A whole number as the engine has it after a calculation: not as an integer.
    globalThis.as_double = x => x + 0.5 - 0.5;
    // Shows values so that different ones have different strings.
    globalThis.show = x => {
        if (typeof x === 'bigint') return `${x}n`;
        if (Object.is(x, -0)) return '-0';
        if (typeof x === 'string') return JSON.stringify(x);
        if (x instanceof Uint8Array) return `Uint8Array[${x}]`;
        return String(x);
    };
    globalThis.f32s = (...x) => new Uint8Array(new Float32Array(x).buffer);
    globalThis.f64s = (...x) => new Uint8Array(new Float64Array(x).buffer);
    globalThis.i64s = (...x) => new Uint8Array(new BigInt64Array(x).buffer);
    globalThis.bytes = (...x) => new Uint8Array(x);
    globalThis.join = (...parts) => new Uint8Array(parts.flatMap(part => [...part]));
";

thread_local! {
    pub(crate) static WAY: Cell<CallbackWay> = const { Cell::new(CallbackWay::Handler) };
}

/// Runs a test with callbacks of both ways.
pub(crate) fn both_ways(test: impl Fn()) {
    for way in CallbackWay::ALL {
        WAY.set(way);
        test();
    }
    WAY.set(CallbackWay::Handler);
}

/// A runtime with functions of `fixture.c`.
pub(crate) struct World {
    /// Dropped before what they run in.
    callbacks: RefCell<Vec<ScriptCallback>>,
    script: Script,
    /// The symbols of the functions by their names in script.
    symbols: RefCell<BTreeMap<String, String>>,
}

impl Deref for World {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.script
    }
}

impl World {
    /// Makes these functions global: the name in script, the symbol, and the signature as tests write it.
    pub(crate) fn new<'a>(functions: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let world = Self { callbacks: RefCell::default(), script: Script::default(), symbols: RefCell::default() };
        // The conformance kit calls functions that are not compiled too.
        world.realm.compile_policy().set_after(0);
        world.run(PRELUDE).unwrap();
        for (name, symbol, signature) in functions {
            world.add(name, symbol, signature);
        }
        world
    }

    pub(crate) fn add(&self, name: &str, symbol: &str, signature: &str) {
        self.symbols.borrow_mut().insert(name.into(), symbol.into());
        self.define(name, &fixture().function(symbol, &notation::signature(signature)).unwrap());
    }

    /// Makes a callback of this signature, which runs what the source says, a global pointer.
    pub(crate) fn callback(&self, name: &str, signature: &str, source: &str) {
        let (signature, source) = (notation::signature(signature), format!("({source})"));
        let callback = self.script.define_callback(WAY.get(), name, &signature, &source).unwrap();
        self.callbacks.borrow_mut().push(callback);
    }

    /// The address of the callback that was made last.
    pub(crate) fn callback_address(&self) -> *const c_void {
        self.callbacks.borrow().last().unwrap().as_ptr()
    }

    /// Shows a script's result, or the exception.
    pub(crate) fn show(&self, source: &str) -> String {
        self.run(&format!("show({source})")).unwrap_or_else(|thrown| thrown)
    }

    /// Runs the script on the left of each row, and expects the value or the exception on the right.
    #[track_caller]
    pub(crate) fn check<const N: usize>(&self, rows: [(&str, &str); N]) {
        let seen = rows.map(|(source, _)| (source, self.show(source)));
        let seen = seen.each_ref().map(|(source, shown)| (*source, shown.as_str()));
        assert_eq!(seen, rows);
    }

    /// Calls a function with one argument: each value on the left, and each whole number also as a double. Expects the result
    /// on the right. Errors begin as all do for this function and type.
    #[track_caller]
    pub(crate) fn check_calls<const N: usize>(&self, function: &str, ty: &str, rows: [(&str, Expected); N]) {
        let symbol = self.symbols.borrow()[function].clone();
        let wrong: BTreeMap<_, _> = rows
            .iter()
            .flat_map(|&(value, expected)| {
                let expected = match expected {
                    Expected::Value(expected) => self.show(expected),
                    Expected::Error(problem) => {
                        format!("TypeError: cannot call {symbol:?}: argument 1 ({ty}): {problem}")
                    }
                };
                let mut sources = vec![format!("{function}({value})")];
                if self.show(&format!(
                    "Number.isInteger({value}) && Math.abs({value}) <= 2**33 && !Object.is({value}, -0)"
                )) == "true"
                {
                    sources.push(format!("{function}(as_double({value}))"));
                }
                sources.into_iter().map(move |source| (source, expected.clone()))
            })
            .map(|(source, expected)| (source.clone(), (self.show(&source), expected)))
            .filter(|(_, (seen, expected))| seen != expected)
            .collect();
        assert!(wrong.is_empty(), "(seen, expected): {wrong:#?}");
    }
}

/// The expected outcome of a call.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    /// The value of this script.
    Value(&'static str),
    /// A `TypeError` that ends with this text.
    Error(&'static str),
}

/// The number of bytes that the runtime uses after it has collected its garbage.
pub(crate) fn memory(script: &Script) -> (i64, i64) {
    script.collect_garbage();
    // SAFETY: the struct is filled in by the engine, and zeros are a value of it.
    unsafe {
        let mut usage: js::JSMemoryUsage = std::mem::zeroed();
        js::JS_ComputeMemoryUsage(js::JS_GetRuntime(script.context), ptr::from_mut(&mut usage));
        (usage.malloc_size, usage.obj_count)
    }
}
