//! One table of calls that engines make while everything that may go wrong does: garbage is collected at each step, and script
//! takes away what C works on. Each engine makes them by interpreted and by compiled functions, with callbacks of both ways.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

use hotcall::{Library, LocalCallback, Signature, Type};
use hotcall_engines::jsc::JscScript;
use hotcall_engines::quickjs::Script;
use hotcall_engines::spider_monkey::SpiderMonkeyScript;
use hotcall_engines::{Language, ScriptCallback};
use hotcall_testing::alone::alone;
use hotcall_testing::fixture::shared_object;

use crate::callees::{
    IntToInt, call_thrice, call_with_everything, closure, everything_signature, int_to_int, sum_after,
};
use crate::languages::{self, STACK, all_ways, callback, define, define_collect, in_each_engine};

in_each_engine! {
    calls_survive_collections,
    libraries_of_running_calls_are_closed,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

/// Too large for registers.
#[repr(C)]
#[derive(Clone, Copy)]
struct Large([u64; 16]);

extern "C-unwind" fn point_after(point: Point, f: IntToInt) -> Point {
    f(0);
    point
}

extern "C-unwind" fn large_after(large: Large, f: IntToInt) -> Large {
    f(0);
    large
}

extern "C-unwind" fn length_after(text: *const std::ffi::c_char, f: IntToInt) -> usize {
    f(0);
    // SAFETY: the tests pass texts that end with a zero.
    unsafe { std::ffi::CStr::from_ptr(text) }.to_bytes().len()
}

extern "C-unwind" fn both_after(a: *const u8, b: *const u8, len: usize, f: IntToInt) -> u64 {
    sum_after(a.cast_mut(), len, f) * 1000 + sum_after(b.cast_mut(), len, f)
}

extern "C-unwind" fn struct_and_buffer(point: Point, bytes: *mut u8, len: usize, f: IntToInt) -> f64 {
    point.x + point.y + sum_after(bytes, len, f) as f64
}

extern "C-unwind" fn wide_after(f: IntToInt) -> u64 {
    f(0);
    u64::MAX
}

extern "C-unwind" fn pointer_after(f: IntToInt) -> *const u8 {
    f(0);
    std::ptr::without_provenance(0x1000)
}

extern "C-unwind" fn call(f: IntToInt, n: i32) -> i32 {
    f(n)
}

/// Makes the functions global, and callbacks of `act` and `keep`. `collect(0)` collects garbage.
fn prepare(engine: &impl Language) -> (LocalCallback, [ScriptCallback; 2]) {
    let (function, buffer, len) = (Type::FUNCTION, Type::BUFFER, Type::USIZE);
    let point = Type::structure([("x", Type::F64), ("y", Type::F64)]).unwrap();
    let large = Type::structure([("all", Type::array(Type::U64, 16).unwrap())]).unwrap();
    let functions: [(_, *const (), &[Type], _); 11] = [
        ("sum_after", sum_after as _, &[buffer.clone(), len.clone(), function.clone()], Type::U64),
        ("point_after", point_after as _, &[point.clone(), function.clone()], point.clone()),
        ("large_after", large_after as _, &[large.clone(), function.clone()], large),
        ("length_after", length_after as _, &[Type::TEXT, function.clone()], Type::USIZE),
        ("both_after", both_after as _, &[buffer.clone(), buffer.clone(), len.clone(), function.clone()], Type::U64),
        ("struct_and_buffer", struct_and_buffer as _, &[point, buffer, len, function.clone()], Type::F64),
        ("wide_after", wide_after as _, std::slice::from_ref(&function), Type::U64),
        ("pointer_after", pointer_after as _, std::slice::from_ref(&function), Type::POINTER),
        ("thrice", call_thrice as _, &[function.clone(), Type::I32], Type::I32),
        ("call", call as _, &[function.clone(), Type::I32], Type::I32),
        ("everything", call_with_everything as _, std::slice::from_ref(&function), Type::F64),
    ];
    for (name, address, params, result) in functions {
        define(engine, name, address, params.iter().cloned(), result);
    }
    let collect = define_collect(engine);
    for source in [
        // Freed memory has other bytes soon.
        "churn = () => { collect(0); for (let i = 0; i < 200; i++) new Uint8Array(i % 8 ? 64 : 4096).fill(255); collect(0) }",
        "act = n => { churn(); const result = action(n); churn(); return result }",
        "action = n => n",
        "keep = (...all) => { churn(); seen = all.length; return new Uint8Array(new Int32Array([40, 0x40000000]).buffer) }",
        "doubles = array => String(new Float64Array(array.buffer))",
        "b = seen = null",
    ] {
        engine.run(&format!("globalThis.{source}; 0")).unwrap();
    }
    let callbacks = [("act", int_to_int()), ("keep", everything_signature())];
    (collect, callbacks.map(|(name, signature)| callback(engine, name, &signature)))
}

/// Calls, and the results that script sees.
const CALLS: [(&str, &str); 21] = [
    ("sum_after(new Uint8Array(8).fill(1), 8, pact)", "8"),
    ("sum_after(new Uint8Array(new ArrayBuffer(8)).fill(2), 8, pact)", "16"),
    ("sum_after(new DataView(new Uint8Array(16).fill(3).buffer, 4), 12, pact)", "36"),
    ("sum_after(new Uint8Array(1 << 16).fill(2).subarray(1), 65535, pact)", "131070"),
    ("sum_after(new Uint8Array(300000).fill(1), 300000, pact)", "300000"),
    ("both_after(new Uint8Array(8).fill(1), new Uint16Array(4).fill(0x101), 8, pact)", "8008"),
    ("b = new Uint8Array(8).fill(1); both_after(b, b.subarray(0), 8, pact)", "8008"),
    ("length_after(new Uint8Array([65, 66, 67, 0]), pact)", "3"),
    // Structs are copied, so script may write to the bytes.
    ("b = new Float64Array([1, 2]); action = () => { b.fill(7); return 0 }; doubles(point_after(b, pact))", "1,2"),
    ("b = new BigUint64Array(16).fill(5n); action = () => { b.fill(7n); return 0 }; large_after(b, pact)[8]", "5"),
    ("b = new Float64Array([1, 2]); for (let i = 0; i < 5; i++) b = point_after(b, pact); doubles(b)", "1,2"),
    ("b = new Float64Array([1, 2]); struct_and_buffer(b, b, 16, pact)", "370"),
    ("struct_and_buffer(new Float64Array([3, 4]), new Uint8Array(16).fill(1), 16, pact)", "23"),
    ("wide_after(pact) === 2n ** 64n - 1n", "true"),
    ("typeof pointer_after(pact)", "object"),
    ("everything(pkeep) + ' ' + seen", "42 14"),
    ("thrice(pact, 4)", "40506"),
    ("action = n => { throw new Error('no ' + n) }; try { thrice(pact, 4) } catch (error) { error.message }", "no 4"),
    ("sum_after(new Uint8Array(8), 'x', pact)", "refused"),
    ("action = n => n > 0 ? call(pact, n - 1) + 1 : 0; call(pact, 5)", "5"),
    // Calls in callbacks use the list of pins, which keeps what the call below works on.
    (
        "action = n => { if (n > 0) return 0; action = n => n; for (let i = 0; i < 40; i++) \
         sum_after(new Uint8Array(new ArrayBuffer(4)), 4, pact); return 0 }; \
         sum_after(new Uint8Array(new ArrayBuffer(64)).fill(1), 64, pact)",
        "64",
    ),
];

/// An engine, and ways in which its script tries to take away the bytes that C works on.
trait Takes: Language {
    /// Numbers of bytes, expressions for arrays of them, and scripts that try to take away the bytes of the array `b`.
    const TAKES: &'static [(usize, &'static str, &'static str)];
}

impl Takes for Script {
    const TAKES: &'static [(usize, &'static str, &'static str)] = &[
        (64, "new Uint8Array(64)", "b.buffer.transfer()"),
        (64, "new Uint8Array(64)", "b.buffer.transfer(0)"),
        (4096, "new Uint8Array(4096)", "b.buffer.transfer(1000)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.resize(0)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.resize(4096)"),
    ];
}

impl Takes for JscScript {
    const TAKES: &'static [(usize, &'static str, &'static str)] = &[
        (64, "new Uint8Array(64)", "b.buffer.transfer()"),
        (4096, "new Uint8Array(4096)", "b.buffer.transfer(0)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.transfer(1000)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.resize(0)"),
    ];
}

impl Takes for SpiderMonkeyScript {
    const TAKES: &'static [(usize, &'static str, &'static str)] = &[
        (64, "new Uint8Array(64)", "b.buffer"),
        (64, "new Uint8Array(64)", "detach(b.buffer)"),
        (64, "new Uint8Array(new ArrayBuffer(64))", "detach(b.buffer)"),
        (4096, "new Uint8Array(4096)", "detach(b.buffer)"),
    ];
}

fn calls_survive_collections<E: Takes>() {
    all_ways::<E>(STACK, |engine, way| {
        let _callbacks = prepare(engine);
        engine.collect_at_each_step();
        let check = |source: &str, expected: &str| {
            let reset = "action = n => n; b = null;";
            // A refused call leaves nothing behind.
            let got = engine.run(&format!("{reset} {source}")).unwrap_or_else(|thrown| {
                if thrown.starts_with("TypeError: cannot call") { "refused".into() } else { thrown }
            });
            assert_eq!(got, expected, "{way}: {source}");
        };
        CALLS.iter().for_each(|(source, expected)| check(source, expected));
        for (len, array, take) in E::TAKES {
            // While C works on the bytes, and after script has given up the array.
            for drop in ["", "b = null;"] {
                let act = format!("try {{ {take} }} catch {{}} {drop} churn(); return 0");
                check(
                    &format!("b = {array}.fill(2); action = () => {{ {act} }}; sum_after(b, {len}, pact)"),
                    &(2 * len).to_string(),
                );
                let copied = [2; 16].map(|byte| byte.to_string()).join(",");
                check(
                    &format!("b = {array}.fill(2); action = () => {{ {act} }}; String(point_after(b, pact))"),
                    &copied,
                );
            }
        }
    });
}

/// A library of which no other test has functions.
fn library() -> Library {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let text = format!("/* {count} */ int call_then_add(int (*f)(int), int n) {{ return f(n) + n; }}\n");
    // SAFETY: it has no initialisers.
    unsafe { Library::open(shared_object(&text)) }.unwrap()
}

/// The library of a call is closed below it, and its function is garbage.
fn libraries_of_running_calls_are_closed<E: Language>() {
    all_ways::<E>(STACK, |engine, way| {
        let _callbacks = prepare(engine);
        let library = Rc::new(library());
        let signature = Signature::new([Type::FUNCTION, Type::I32], Type::I32).unwrap();
        engine.define("call_then_add", &library.function("call_then_add", &signature).unwrap());
        let closed = library.resolved().to_string();
        let (_close, function): (LocalCallback, _) = closure("close", {
            let library = Rc::clone(&library);
            move || library.close()
        });
        engine.define("close", &function);
        drop(library);
        engine.collect_at_each_step();
        let again = "try { call_then_add(pact, n) } catch (error) { said = error.message }";
        let act = format!("close(0); {again} call_then_add = null; churn(); return n * 10");
        let source = format!("said = ''; action = n => {{ {act} }}; call_then_add(pact, 2) + said");
        let expected = format!("22{closed} is closed");
        assert_eq!(engine.run(&format!("globalThis.said = ''; {source}")).as_deref(), Ok(expected.as_str()), "{way}");
        assert_eq!(engine.run("churn(); String(call_then_add)").as_deref(), Ok("null"), "{way}");
    });
}

/// Script, C and script call each other ten thousand times. Then an exception leaves all of these calls.
fn nests<E: Language>() {
    let run = || {
        all_ways::<E>(900 << 20, |engine, way| {
            define(engine, "call", call as _, [Type::FUNCTION, Type::I32], Type::I32);
            engine.run("globalThis.deep = n => n > 0 ? call(pdeep, n - 1) + 1 : 0; 0").unwrap();
            engine.run("globalThis.thrown = n => { if (n > 0) call(pthrown, n - 1); else throw new Error('deepest'); return 0 }; 0").unwrap();
            let _callbacks = ["deep", "thrown"].map(|name| callback(engine, name, &int_to_int()));
            assert_eq!(engine.run("deep(10000)").as_deref(), Ok("10000"), "{way}");
            assert_eq!(engine.run("thrown(10000)"), Err("Error: deepest".into()), "{way}");
            assert_eq!(engine.run("deep(10)").as_deref(), Ok("10"), "{way}");
        });
    };
    thread::Builder::new().stack_size(1 << 30).spawn(run).unwrap().join().unwrap();
}

#[test]
fn quickjs_nests_ten_thousand_calls() {
    languages::alone(|| {
        nests::<Script>();
    });
}

#[test]
fn jsc_nests_ten_thousand_calls() {
    alone(|| {
        // SAFETY: this process has no other threads yet. The engine reads it when it begins.
        unsafe { env::set_var("JSC_maxPerThreadStackUsage", (900_usize << 20).to_string()) };
        nests::<JscScript>();
    });
}

#[test]
fn spider_monkey_nests_ten_thousand_calls() {
    languages::alone(|| {
        nests::<SpiderMonkeyScript>();
    });
}
