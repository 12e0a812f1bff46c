//! Functions that SpiderMonkey itself calls: values, callbacks, buffers' memory, and functions' records.

use std::sync::atomic::Ordering;

use hotcall::{
    Callback, ForeignCall, Function, FunctionOptions, Library, LocalCallback, LocalOptions, Signature, Thunk, Type,
};
use hotcall_testing::fixture::shared_object;

use crate::callees::{
    ACTIONS, BUFFERS, CAUGHT, EXCEPTIONS, IntToInt, call_thrice, call_with_everything, closure, everything_signature,
    int_to_int, sum_after,
};
use crate::jsc_values::{same_bool, same_f32, same_f64, same_i8, same_i16, same_i32, same_i64};
use crate::jsc_values::{same_matrix, same_point, same_pointer, same_u8, same_u16, same_u32, same_u64};
use crate::world::{CallbackWay, ScriptCallback, WAY, both_ways};
use hotcall_engines::spider_monkey::SpiderMonkeyScript;

pub(crate) fn define(
    script: &SpiderMonkeyScript,
    name: &str,
    address: *const (),
    params: impl IntoIterator<Item = Type>,
    result: impl Into<Option<Type>>,
) {
    let signature = Signature::new(params, result).unwrap();
    // SAFETY: the tests give each function its signature.
    let function = unsafe { Function::from_address(name, address.cast(), &signature, FunctionOptions::default()) };
    script.define(name, &function.unwrap());
}

/// Runs each script; what it throws is its result, too.
#[track_caller]
pub(crate) fn check(script: &SpiderMonkeyScript, cases: &[(&str, &str)]) {
    for &(source, expected) in cases {
        assert_eq!(script.run(source).unwrap_or_else(|thrown| thrown), expected, "{source}");
    }
}

/// The message for the first argument of a function that is called `f`.
#[track_caller]
fn check_refused(script: &SpiderMonkeyScript, f: &str, ty: &str, cases: &[(&str, &str)]) {
    for &(argument, problem) in cases {
        let expected = format!("TypeError: cannot call \"{f}\": argument 1 ({ty}): {problem}");
        check(script, &[(&format!("{f}({argument})"), &expected)]);
    }
}

/// A callback of the function of script with this name, which is also the name of the pointer to it with a `p` in front.
pub(crate) fn callback(script: &SpiderMonkeyScript, name: &str, signature: &Signature) -> ScriptCallback {
    let callback = match WAY.get() {
        CallbackWay::Handler => ScriptCallback::Handler(answered(script, name, signature)),
        CallbackWay::Function => {
            let (thunk, options) = (script.thunk(signature).unwrap(), LocalOptions::default());
            ScriptCallback::Function(script.callback(&thunk, name, options, Err::<(), ForeignCall>).unwrap())
        }
    };
    script.set_global(&format!("p{name}"), script.pointer(callback.as_ptr()));
    callback
}

fn answered(script: &SpiderMonkeyScript, name: &str, signature: &Signature) -> LocalCallback {
    let (realm, site, function) = (script.realm.clone(), script.site(), script.value(name));
    let answered = signature.clone();
    let handler = move |call: &mut hotcall::Call<'_>| {
        // SAFETY: the call is one of this signature, on the thread of the engine; the function is a global one.
        unsafe {
            realm.answer(site, &answered, call, |args| realm.engine().call(site.context, function, args));
        }
    };
    Callback::local(&Thunk::new(signature).unwrap(), LocalOptions::default(), Err, handler).unwrap()
}

/// Makes `collect(0)` a function of script that runs the collector.
pub(crate) fn define_collect(script: &SpiderMonkeyScript) -> LocalCallback {
    let (callback, function) = closure("collect", script.collector());
    script.define("collect", &function);
    callback
}

/// Functions that return their argument, each by the name of its type.
fn with_same() -> Option<SpiderMonkeyScript> {
    let script = SpiderMonkeyScript::new()?;
    let point = || Type::structure([("x", Type::F64), ("y", Type::I32)]).unwrap();
    let matrix = || Type::structure([("rows", Type::array(Type::U64, 8).unwrap())]).unwrap();
    for (name, address, ty) in [
        ("i8", same_i8 as *const (), Type::I8),
        ("u8", same_u8 as _, Type::U8),
        ("i16", same_i16 as _, Type::I16),
        ("u16", same_u16 as _, Type::U16),
        ("i32", same_i32 as _, Type::I32),
        ("u32", same_u32 as _, Type::U32),
        ("i64", same_i64 as _, Type::I64),
        ("u64", same_u64 as _, Type::U64),
        ("bool", same_bool as _, Type::BOOL),
        ("f32", same_f32 as _, Type::F32),
        ("f64", same_f64 as _, Type::F64),
        ("pointer", same_pointer as _, Type::POINTER),
        ("point", same_point as _, point()),
        ("matrix", same_matrix as _, matrix()),
    ] {
        define(&script, name, address, [ty.clone()], ty);
    }
    define(&script, "address", same_pointer as _, [Type::POINTER], Type::U64);
    define(&script, "at", same_pointer as _, [Type::BUFFER], Type::U64);
    script.set_global("p", script.pointer(0x1234 as _));
    script.set_global("high", script.pointer(0xffff_8765_4321_0fed_u64 as _));
    Some(script)
}

#[test]
fn numbers() {
    let Some(script) = with_same() else { return };
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
    let Some(script) = with_same() else { return };
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
    let Some(script) = with_same() else { return };
    check(&script, &[("b = new ArrayBuffer(8); v = new Uint8Array(b); d = new DataView(b, 2); detach(b); 0", "0")]);
    let problem = "expected null or a buffer, not a detached buffer";
    check_refused(&script, "at", "buffer", &[("b", problem), ("v", problem), ("d", problem)]);
}

/// From here on the engine's compiled code calls the functions.
#[test]
fn loops() {
    let Some(script) = with_same() else { return };
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

/// Calls three times, and returns the results in one number.
#[test]
fn exceptions_wait_for_c() {
    both_ways(|| {
        let Some(script) = SpiderMonkeyScript::new() else { return };
        define(&script, "thrice", call_thrice as _, [Type::FUNCTION, Type::I32], Type::I32);
        check(
            &script,
            &[
                ("ran = 0; thrown = []; function plus(n) { ran++; return n + 1 } 0", "0"),
                ("function second(n) { ran++; if (n > 1) throw thrown[n] = new Error('no ' + n); return 7 } 0", "0"),
                ("function wrong(n) { ran++; return n === 2 ? 'two' : n } 0", "0"),
                ("function inner(n) { ran++; try { thrice(psecond, n) } catch (error) { return 1 } return 2 } 0", "0"),
                ("function outer(n) { ran++; thrice(psecond, n); return 3 } 0", "0"),
                ("function deep(n) { return n > 10000 ? n : thrice(pdeep, n + 1) } 0", "0"),
            ],
        );
        let names = ["plus", "second", "wrong", "inner", "outer", "deep"];
        let _callbacks: Vec<_> = names.iter().map(|name| callback(&script, name, &int_to_int())).collect();
        check(&script, &EXCEPTIONS);
        // The engine's own limit ends the recursion, and all goes on.
        check(&script, &[("thrice(pdeep, 0)", "InternalError: too much recursion"), ("thrice(pplus, 4)", "50607")]);
        assert!(!script.realm.is_pending());
        check(&script, &[("second = null; function third(n) { throw n } 0", "0")]);
        let _third = callback(&script, "third", &int_to_int());
        check(&script, &[CAUGHT]);
    });
}

#[test]
fn callbacks_take_and_return_every_type() {
    both_ways(|| {
        let Some(script) = SpiderMonkeyScript::new() else { return };
        define(&script, "everything", call_with_everything as _, [Type::FUNCTION], Type::F64);
        let keep = "function keep(...all) { collect(0); seen = all.map((one) => typeof one + ' ' + one); \
                return new Uint8Array(new Int32Array([40, 0x40000000]).buffer) } 0";
        let _collector = define_collect(&script);
        check(&script, &[(keep, "0")]);
        let _callback = callback(&script, "keep", &everything_signature());
        // 0x40000000 is 2 as a float. The pair that came is 3 and 0.5, which is 0x3f000000.
        check(
            &script,
            &[
                ("everything(pkeep)", "42"),
                (
                    "seen.join('; ')",
                    "number -1; number 255; number -2; number 65535; number -3; number 4294967295; bigint -4; \
                 bigint 18446744073709551615; boolean true; number 0.25; number NaN; object null; \
                 object [object Object]; object 3,0,0,0,0,0,0,63",
                ),
            ],
        );
    });
}

#[test]
fn buffers_stay_where_they_are() {
    both_ways(|| {
        let Some(script) = SpiderMonkeyScript::new() else { return };
        define(&script, "sum_after", sum_after as _, [Type::BUFFER, Type::USIZE, Type::FUNCTION], Type::U64);
        check(&script, &ACTIONS);
        let _callback = callback(&script, "act", &int_to_int());
        let _collector = define_collect(&script);
        check(&script, &BUFFERS);
        check(
            &script,
            &[
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
        // Typed arrays without a buffer. Machine code reads the others.
        assert_eq!(engine.pinned.get(), 2);
    });
}

#[test]
fn pins_are_released_after_errors() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    extern "C" fn two(a: *const u8, b: *const u8, n: i32) -> i32 {
        i32::from(!a.is_null()) + i32::from(!b.is_null()) + n
    }
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
fn closed_libraries_refuse_calls() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    let path = shared_object("double twice(double x) { return 2 * x; }\nint one(void *p) { return 1; }\n");
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(&path) }.unwrap();
    let twice = Signature::new([Type::F64], Type::F64).unwrap();
    script.define("twice", &library.function("twice", &twice).unwrap());
    let one = Signature::new([Type::BUFFER], Type::I32).unwrap();
    script.define("one", &library.function("one", &one).unwrap());
    check(&script, &[("f = twice; f(4)", "8"), ("one(null)", "1")]);
    library.close();
    let closed = format!("TypeError: {} is closed", library.resolved());
    // Whatever the arguments are.
    check(&script, &[("f(4)", &closed), ("twice('x')", &closed), ("one(null)", &closed)]);
    drop(library);
    script.collect_garbage();
    check(&script, &[("f(4)", &closed), ("f = twice = one = null; 0", "0")]);
}

/// Calls back, and uses its own arguments after that.
extern "C-unwind" fn call_then_add(f: IntToInt, n: i32) -> i32 {
    f(n) + n
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
