//! A runtime in which the functions of `fixture.c` are global, and tables of what script must see.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ops::Deref;
use std::ptr;
use std::sync::OnceLock;

use hotcall::engine::{Realm, Site, Words};
use hotcall::{Call, Callback, Library, LocalCallback, LocalOptions, Signature, Thunk};
use hotcall_testing::fixture::shared_object;
use hotcall_testing::notation;
use rquickjs_sys as js;

use hotcall_engines::quickjs::{QuickJs, Script};

/// The library of `fixture.c`.
pub(crate) fn fixture() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        // SAFETY: it has no initialisers.
        unsafe { Library::open(shared_object(include_str!("fixture.c"))) }.unwrap()
    })
}

/// What the tests' scripts use.
const PRELUDE: &str = r"
    // A whole number as the engine has it after a calculation: not as an integer.
    globalThis.as_double = x => x + 0.5 - 0.5;
    // Tells apart what looks the same as a string.
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

/// A runtime with functions of `fixture.c`.
pub(crate) struct World {
    /// Dropped before what they run in.
    callbacks: RefCell<Vec<LocalCallback>>,
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
        let signature = notation::signature(signature);
        let thunk = Thunk::new(&signature).unwrap();
        let handler = Handler::new(self, signature, source);
        let callback = Callback::local(&thunk, LocalOptions::default(), Err, move |call| handler.answer(call)).unwrap();
        self.set_global(name, self.pointer(callback.as_ptr()));
        self.callbacks.borrow_mut().push(callback);
    }

    /// The address of the callback that was made last.
    pub(crate) fn callback_address(&self) -> *const c_void {
        self.callbacks.borrow().last().unwrap().as_ptr()
    }

    /// What a script's result looks like, or what it threw.
    pub(crate) fn show(&self, source: &str) -> String {
        self.run(&format!("show({source})")).unwrap_or_else(|thrown| thrown)
    }

    /// Runs what stands left, and expects what stands right: a value, or what is thrown.
    #[track_caller]
    pub(crate) fn check<const N: usize>(&self, rows: [(&str, &str); N]) {
        let seen = rows.map(|(source, _)| (source, self.show(source)));
        let seen = seen.each_ref().map(|(source, shown)| (*source, shown.as_str()));
        assert_eq!(seen, rows);
    }

    /// Calls a function with one argument: each of the values, and each whole number also as a double. Expects what
    /// stands right, or an error that begins as all do for this function and type.
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

/// What a call must give.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    /// The value of this script.
    Value(&'static str),
    /// A `TypeError` that ends so.
    Error(&'static str),
}

/// Runs a script function for C.
pub(crate) struct Handler {
    realm: Realm<QuickJs>,
    site: Site,
    context: *mut js::JSContext,
    signature: Signature,
    function: js::JSValue,
}

impl Handler {
    pub(crate) fn new(script: &Script, signature: Signature, source: &str) -> Self {
        let function = script.evaluate(&format!("({source})"));
        // SAFETY: the value is the engine's.
        assert!(unsafe { js::JS_IsFunction(script.context, function) }, "{source}");
        Self { realm: script.realm.clone(), site: script.site(), context: script.context, signature, function }
    }

    pub(crate) fn answer(&self, call: &mut Call<'_>) {
        let run = |args: &[Words]| {
            // SAFETY: the context and the values are the engine's.
            unsafe { self.realm.engine().call(self.context, self.function, args) }
        };
        // SAFETY: the call is one of a callback of this signature, on this thread.
        unsafe { self.realm.answer(self.site, &self.signature, call, run) };
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // SAFETY: the value belongs to this.
        unsafe { js::JS_FreeValue(self.context, self.function) };
    }
}

/// How much memory the runtime uses, after it collected its garbage.
pub(crate) fn memory(script: &Script) -> (i64, i64) {
    script.collect_garbage();
    // SAFETY: the struct is filled in by the engine, and zeros are a value of it.
    unsafe {
        let mut usage: js::JSMemoryUsage = std::mem::zeroed();
        js::JS_ComputeMemoryUsage(js::JS_GetRuntime(script.context), ptr::from_mut(&mut usage));
        (usage.malloc_size, usage.obj_count)
    }
}
