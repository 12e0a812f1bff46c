//! Pointer objects, shared buffers, recursion, buffers' memory and functions' records, where SpiderMonkey differs from other engines.

use std::sync::atomic::Ordering;

use hotcall::{Library, Signature, Type};
use hotcall_engines::Language;
use hotcall_engines::spider_monkey::SpiderMonkeyScript;
use hotcall_testing::fixture::shared_object;

use crate::callees::{int_to_int, two};
use crate::calls::{define_drop_all, define_sum_after, define_thrice};
use crate::languages::{callback, check, define};
use crate::same::define_same;
use crate::world::both_ways;

#[test]
fn pointer_objects_look_like_plain_objects() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    define_same(&script);
    check(&script, &[("String(p) + String(pointer(p))", "[object Object][object Object]")]);
}

#[test]
fn shared_buffers_are_passed_by_address() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    define_same(&script);
    check(&script, &[("at(new SharedArrayBuffer(8)) !== 0n", "true")]);
}

/// The engine's own limit ends the recursion, and all goes on.
#[test]
fn endless_recursion_through_c_ends() {
    both_ways(|| {
        let Some(script) = SpiderMonkeyScript::new() else { return };
        let _callbacks = define_thrice(&script);
        check(&script, &[("function deep(n) { return n > 10000 ? n : thrice(pdeep, n + 1) } 0", "0")]);
        let _deep = callback(&script, "deep", &int_to_int());
        check(&script, &[("thrice(pdeep, 0)", "InternalError: too much recursion"), ("thrice(pplus, 4)", "50607")]);
        assert!(!script.realm.is_pending());
    });
}

#[test]
fn detaching_throws_while_c_has_the_bytes() {
    both_ways(|| {
        let Some(script) = SpiderMonkeyScript::new() else { return };
        let _callbacks = define_sum_after(&script);
        check(
            &script,
            &[
                ("action = () => { collect(0); churn() }; sum_after(new Uint8Array([1, 2, 3]), 3, pact)", "6"),
                (
                    "action = () => { try { detach(b) } catch (error) { said = error.message } churn() }; \
                     b = new ArrayBuffer(64); new Uint8Array(b).fill(1); sum_after(b, 64, pact) + ' ' + said",
                    "64 C has the buffer's bytes",
                ),
                ("sum_after(new Uint8Array(b, 32), 32, pact)", "32"),
                ("detach(b); b.byteLength", "0"),
            ],
        );
        let engine = script.realm.engine();
        assert_eq!(engine.pins.get(), 0);
        // The typed array without a buffer. Machine code reads the others.
        assert_eq!(engine.pinned.get(), 1);
    });
}

#[test]
fn pins_are_released_after_errors() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    define(&script, "two", two as _, [Type::BUFFER, Type::BUFFER, Type::I32], Type::I32);
    check(
        &script,
        &[
            ("bytes = new Uint8Array(8); two(bytes, bytes.buffer, 5)", "7"),
            ("two(null, null, 5)", "5"),
            (
                "two(new Uint8Array(8), 7, 5)",
                "TypeError: cannot call \"two\": argument 2 (buffer): expected null or a buffer, not a number",
            ),
            (
                "two(new Uint8Array(8), new Uint8Array(8), 'x')",
                "TypeError: cannot call \"two\": argument 3 (i32): expected an integer, not a string",
            ),
        ],
    );
    assert_eq!(script.realm.engine().pins.get(), 0);
    assert_eq!(script.realm.engine().pinned.get(), 3);
}

#[test]
fn records_go_with_their_functions() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    let callbacks = define_drop_all(&script);
    let records = script.records();
    assert_eq!(records.load(Ordering::Relaxed), 2);
    // One that runs stays until it has returned.
    check(&script, &[("call(pdrop_all, 7)", "21"), ("typeof call", "object")]);
    script.collect_garbage();
    assert_eq!(records.load(Ordering::Relaxed), 1);
    let library = shared_object("int add(int a, int b) { return a + b; }\n");
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(&library) }.unwrap();
    let add = library.function("add", &Signature::new([Type::I32, Type::I32], Type::I32).unwrap()).unwrap();
    for _ in 0..4 {
        for _ in 0..200 {
            script.define("f", &add);
        }
        check(&script, &[("f(20, 22)", "42")]);
        script.collect_garbage();
        assert_eq!(records.load(Ordering::Relaxed), 2);
    }
    // Those that are left go with the engine.
    drop((callbacks, script));
    assert_eq!(records.load(Ordering::Relaxed), 0);
}
