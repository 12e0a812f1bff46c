//! Functions that SpiderMonkey itself calls: values, recursion, buffers' memory, and functions' records.

use std::sync::atomic::Ordering;

use hotcall::{Library, Signature, Type};
use hotcall_testing::fixture::shared_object;

use crate::callees::{call_then_add, int_to_int, two};
use crate::calls::{define_sum_after, define_thrice};
use crate::languages::{callback, check, check_refused, define, define_collect};
use crate::same::with_same;
use crate::world::both_ways;
use hotcall_engines::Language;
use hotcall_engines::spider_monkey::SpiderMonkeyScript;

#[test]
fn numbers() {
    let Some(script) = with_same::<SpiderMonkeyScript>() else { return };
    check(
        &script,
        &[
            ("i8(127) + ' ' + i8(-128)", "127 -128"),
            ("u8(255) + ' ' + u8(0)", "255 0"),
            ("i16(32767) + ' ' + i16(-32768)", "32767 -32768"),
            ("u16(65535)", "65535"),
            ("i32(2147483647) + ' ' + i32(-2147483648)", "2147483647 -2147483648"),
            ("u32(2147483648) + ' ' + u32(4294967295)", "2147483648 4294967295"),
            ("i32(new Float64Array([7])[0])", "7"),
            ("Object.is(i32(-0), 0)", "true"),
            ("i64(5) + ' ' + typeof i64(5)", "5 bigint"),
            ("i64(-(2n ** 63n)) + ' ' + i64(2n ** 63n - 1n)", "-9223372036854775808 9223372036854775807"),
            ("u64(2n ** 64n - 1n)", "18446744073709551615"),
            ("u64(2 ** 53)", "9007199254740992"),
            ("f64(0.1) + ' ' + f64(-Infinity) + ' ' + f64(3)", "0.1 -Infinity 3"),
            ("Object.is(f64(-0), -0) && Object.is(f64(NaN), NaN)", "true"),
            ("f32(0.1) === Math.fround(0.1) && Object.is(f32(NaN), NaN)", "true"),
            ("bool(true) + ' ' + bool(false)", "true false"),
        ],
    );
    check_refused(&script, "i8", "i8", &[("128", "128 is out of range"), ("1.5", "1.5 is not an integer")]);
    check_refused(&script, "u32", "u32", &[("2 ** 32", "4294967296 is out of range"), ("-1", "-1 is out of range")]);
    let no_integer = |found: &str| format!("expected an integer, not {found}");
    for (argument, found) in [
        ("", "undefined"),
        ("null", "null"),
        ("true", "a boolean"),
        ("'7'", "a string"),
        ("7n", "a BigInt"),
        ("Symbol()", "a symbol"),
        ("() => 7", "a function"),
        ("{ valueOf() { return 7 } }", "an object"),
        ("new Uint8Array(4)", "a buffer"),
        ("p", "a pointer"),
    ] {
        check_refused(&script, "i32", "i32", &[(argument, &no_integer(found))]);
    }
    check_refused(&script, "u64", "u64", &[("-1", "-1 is out of range")]);
    check_refused(&script, "bool", "bool", &[("1", "expected a boolean, not a number")]);
    check_refused(&script, "f64", "f64", &[("'1'", "expected a number, not a string")]);
}

#[test]
fn pointers_and_bytes() {
    let Some(script) = with_same::<SpiderMonkeyScript>() else { return };
    check(
        &script,
        &[
            ("pointer(null)", "null"),
            ("String(pointer(p)) + address(pointer(p)).toString(16)", "[object Object]1234"),
            ("address(high).toString(16)", "ffff876543210fed"),
            ("address(null)", "0"),
            ("b = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]); at(b.subarray(3)) - at(b)", "3"),
            ("at(new DataView(b.buffer, 2)) - at(b.buffer)", "2"),
            ("at(new SharedArrayBuffer(8)) !== 0n", "true"),
            ("typeof at(new Uint8Array(0))", "bigint"),
            (
                "matrix(new BigUint64Array(8).fill(0x0102030405060708n)).slice(48).join()",
                "8,7,6,5,4,3,2,1,8,7,6,5,4,3,2,1",
            ),
        ],
    );
    check_refused(
        &script,
        "pointer",
        "pointer",
        &[("5", "expected null or a pointer, not a number"), ("b", "expected null or a pointer, not a buffer")],
    );
}

#[test]
fn detached_buffers_are_refused() {
    let Some(script) = with_same::<SpiderMonkeyScript>() else { return };
    check(&script, &[("b = new ArrayBuffer(8); v = new Uint8Array(b); d = new DataView(b, 2); detach(b); 0", "0")]);
    let problem = "expected null or a buffer, not a detached buffer";
    check_refused(&script, "at", "buffer", &[("b", problem), ("v", problem), ("d", problem)]);
}

/// From here on the engine's compiled code calls the functions.
#[test]
fn loops() {
    let Some(script) = with_same::<SpiderMonkeyScript>() else { return };
    let source = |f: &str, add: &str| {
        format!("(() => {{ let sum = 0; for (let i = 0; i < 50000; i++) sum += {add}({f}); return sum }})()")
    };
    check(
        &script,
        &[
            (&source("i32(i)", ""), "1249975000"),
            (&source("f64(i + 0.5)", ""), "1250000000"),
            (&source("u64(i)", "Number"), "1249975000"),
            (&source("i % 2 ? i32(i) : f64(i)", ""), "1249975000"),
            (
                "(() => { let thrown = 0; for (let i = 0; i < 50000; i++) try { i8(i) } catch { thrown++ } return thrown })()",
                "49872",
            ),
        ],
    );
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
    define(&script, "call", call_then_add as _, [Type::FUNCTION, Type::I32], Type::I32);
    let collector = define_collect(&script);
    let drop_all = "function drop_all(n) { call = null; for (let i = 0; i < 5; i++) collect(0); return n * 2 } 0";
    check(&script, &[(drop_all, "0")]);
    let callback = callback(&script, "drop_all", &int_to_int());
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
    drop((collector, callback, script));
    assert_eq!(records.load(Ordering::Relaxed), 0);
}
