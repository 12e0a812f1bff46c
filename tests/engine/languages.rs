//! Tools of tests that run in each engine for JavaScript.

use std::env;

use hotcall::{Function, FunctionOptions, LocalCallback, Signature, Type};
use hotcall_engines::{Language, ScriptCallback};
use hotcall_testing::runtime::WRAPPER;

use crate::callees::closure;
use crate::world::{WAY, both_ways};

/// Makes tests of functions that take an engine as their type: for each engine a module with tests of the same names. Each test runs
/// [`alone`].
macro_rules! in_each_engine {
    ($($test:ident),* $(,)?) => {
        mod quickjs {
            $(#[test] fn $test() {
                crate::languages::alone(|| super::$test::<hotcall_engines::quickjs::Script>());
            })*
        }
        mod jsc {
            $(#[test] fn $test() {
                crate::languages::alone(|| super::$test::<hotcall_engines::jsc::JscScript>());
            })*
        }
        mod spider_monkey {
            $(#[test] fn $test() {
                crate::languages::alone(|| super::$test::<hotcall_engines::spider_monkey::SpiderMonkeyScript>());
            })*
        }
    };
}
pub(crate) use in_each_engine;

/// Returns true if valgrind runs this process. It does not follow to other processes.
fn is_under_valgrind() -> bool {
    env::var(WRAPPER).is_ok_and(|wrapper| wrapper.starts_with("valgrind"))
}

/// Runs the body in a process without other tests, because functions that are compiled stay so, in most engines in all contexts.
/// Under valgrind the body runs in this process. It must be a closure of the test function itself.
#[track_caller]
pub(crate) fn alone(body: impl FnOnce()) {
    if is_under_valgrind() {
        body();
    } else {
        hotcall_testing::alone::alone(body);
    }
}

/// The bytes of the stack that script may use, in most tests: half of the stack of a test's thread.
pub(crate) const STACK: usize = 1 << 20;

/// The numbers of calls after which functions are compiled: never, and when they are made. Interpreted calls come first, because
/// compiled functions stay so.
const CALLS: [(u32, &str); 2] = [(u32::MAX, "interpreted"), (0, "compiled")];

/// Runs a test in an engine with interpreted calls, and with compiled ones. The test gets a description of them.
pub(crate) fn both_calls<L: Language>(stack: usize, test: impl Fn(&L, &str)) {
    for (after, calls) in CALLS {
        run(stack, after, |language| test(language, calls));
    }
}

/// Runs a test in an engine with interpreted calls, and with compiled ones, each with callbacks of both ways. The test gets a
/// description of them.
pub(crate) fn all_ways<L: Language>(stack: usize, test: impl Fn(&L, &str)) {
    for (after, calls) in CALLS {
        both_ways(|| run(stack, after, |language| test(language, &format!("{calls}, {:?}", WAY.get()))));
    }
}

/// Runs a test in an engine that compiles functions after this number of calls.
fn run<L: Language>(stack: usize, after: u32, test: impl Fn(&L)) {
    let Some(language) = L::with_stack(stack) else { return };
    language.realm().compile_policy().set_after(after);
    test(&language);
    // SAFETY: no call runs.
    unsafe { language.realm().take_pins(language.site()) };
    assert_eq!(language.pins(), 0);
    assert!(!language.realm().is_pending());
}

pub(crate) fn function(name: &str, address: *const (), signature: &Signature) -> Function {
    // SAFETY: the tests give each function its signature.
    unsafe { Function::from_address(name, address.cast(), signature, FunctionOptions::default()) }.unwrap()
}

/// Makes the function at an address global. In a test of interpreted calls it must not be compiled.
pub(crate) fn define(
    language: &impl Language,
    name: &str,
    address: *const (),
    params: impl IntoIterator<Item = Type>,
    result: impl Into<Option<Type>>,
) {
    let function = function(name, address, &Signature::new(params, result).unwrap());
    // SAFETY: the tests' functions take what the tests pass.
    let record = unsafe { language.realm().record(&function) }.unwrap();
    let is_interpreted = language.realm().compile_policy().after() == u32::MAX;
    assert!(!is_interpreted || !record.is_compiled() || is_under_valgrind(), "another test has compiled {name}");
    language.set_function(name, record);
}

/// Makes a callback of the global function with this name, and a global pointer to it whose name has a `p` in front.
pub(crate) fn callback(language: &impl Language, name: &str, signature: &Signature) -> ScriptCallback {
    language.define_callback(WAY.get(), &format!("p{name}"), signature, name).unwrap()
}

/// Makes `collect(0)` a function of script that runs the collector.
pub(crate) fn define_collect(language: &impl Language) -> LocalCallback {
    let (callback, function) = closure("collect", language.collector());
    language.define("collect", &function);
    callback
}

/// Runs each script. An exception counts as its result.
#[track_caller]
pub(crate) fn check(language: &impl Language, cases: &[(&str, &str)]) {
    for &(source, expected) in cases {
        assert_eq!(language.run(source).unwrap_or_else(|thrown| thrown), expected, "{source}");
    }
}

/// Expects the message for the first argument of a function that is called `f`.
#[track_caller]
pub(crate) fn check_refused(language: &impl Language, f: &str, ty: &str, cases: &[(&str, &str)]) {
    for &(argument, problem) in cases {
        let expected = format!("TypeError: cannot call \"{f}\": argument 1 ({ty}): {problem}");
        check(language, &[(&format!("{f}({argument})"), &expected)]);
    }
}
