//! Functions, their records and what they use, from making to collecting, in JavaScriptCore.

use std::fs;
use std::sync::atomic::Ordering;

use hotcall::{Library, Signature, Type};
use hotcall_engines::Language;
use hotcall_engines::jsc::JscScript;
use hotcall_testing::alone::alone;
use hotcall_testing::fixture::shared_object;

use crate::callees::{call_then_add, int_to_int};
use crate::languages::{callback, check, define};
use crate::world::both_ways;

extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

#[test]
fn functions_that_are_held_outlive_collections() {
    let Some(script) = JscScript::new() else { return };
    define(&script, "add", add as _, [Type::I32, Type::I32], Type::I32);
    let records = script.records();
    check(&script, &[("o = { f: add }; globalThis.add = null", "null")]);
    for _ in 0..3 {
        script.collect_garbage();
        check(&script, &[("o.f(40, 2)", "42")]);
    }
    assert_eq!(records.load(Ordering::Relaxed), 1);
    // Script cannot drop the record's holder before the function.
    check(
        &script,
        &[
            ("key = Object.getOwnPropertySymbols(o.f)[0]; delete o.f[key]", "false"),
            ("o.f[key] = null; Reflect.defineProperty(o.f, key, { value: 1 })", "false"),
        ],
    );
    script.collect_garbage();
    check(&script, &[("o.f(40, 2)", "42")]);
}

#[test]
fn records_go_with_their_functions() {
    let Some(script) = JscScript::new() else { return };
    let signature = Signature::new([Type::I32, Type::I32], Type::I32).unwrap();
    let path = shared_object("int add(int a, int b) { return a + b; }\n");
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(&path) }.unwrap();
    let function = library.function("add", &signature).unwrap();
    let records = script.records();
    let (rounds, each) = (8, 200);
    for round in 1..=rounds {
        for _ in 0..each {
            script.define("f", &function);
        }
        check(&script, &[("f(20, 22)", "42")]);
        script.collect_garbage();
        // All but the last one are gone, and a few whose addresses are still somewhere on the stack.
        let left = records.load(Ordering::Relaxed);
        assert!((1..each / 4).contains(&left), "round {round}: {left} of {each} are left");
    }
    // Those that are left go with the engine.
    drop(script);
    assert_eq!(records.load(Ordering::Relaxed), 0);
}

/// The memory of the process that is in use, in bytes.
fn memory() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[repr(C)]
struct Point {
    x: f64,
    y: i32,
}

extern "C" fn first(bytes: *const u8) -> u8 {
    // SAFETY: the test passes buffers that have a byte.
    unsafe { bytes.read() }
}

extern "C" fn next(mut point: Point) -> Point {
    point.y += 1;
    point
}

extern "C" fn negative(n: i64) -> i64 {
    n.wrapping_neg()
}

#[cfg(target_os = "linux")]
#[test]
fn a_million_calls_leave_nothing() {
    alone(|| {
        both_ways(|| {
            let Some(script) = JscScript::new() else { return };
            let point = Type::structure([("x", Type::F64), ("y", Type::I32)]).unwrap();
            define(&script, "add", add as _, [Type::I32, Type::I32], Type::I32);
            define(&script, "first", first as _, [Type::BUFFER], Type::U8);
            define(&script, "next", next as _, [point.clone()], point);
            define(&script, "negative", negative as _, [Type::I64], Type::I64);
            define(&script, "call", call_then_add as _, [Type::FUNCTION, Type::I32], Type::I32);
            check(
                &script,
                &[("function same(n) { return n } bytes = new Uint8Array([1]); p = new Uint8Array(16); 0", "0")],
            );
            let _callback = callback(&script, "same", &int_to_int());
            // Six calls a turn, one of which fails.
            let turns = "(function (n) { let x = 0; for (let i = 0; i < n; i++) { x = add(x, 1); x = add(x, first(bytes)); \
                         p = next(p); negative(BigInt(i)); call(psame, i); try { add(i, 'x') } catch {} } return x })";
            let run = |n: usize| {
                check(&script, &[(&format!("{turns}({n})"), &(2 * n).to_string())]);
                script.collect_garbage();
                memory()
            };
            run(20_000);
            // The collector runs beside the script, so that a round may leave work for the next. A leak of 16 bytes a call would add 16 MB
            // to each.
            let mut before = run(20_000);
            let steady = (0..5).any(|_| {
                let after = run(170_000);
                after < std::mem::replace(&mut before, after) + 10_000_000
            });
            assert!(steady, "{before} bytes, and more with each round");
            assert_eq!(script.realm.engine().pins.get(), 0);
        });
    });
}
