//! Callbacks, exceptions and buffers' memory, while JavaScriptCore runs a function.

use std::ffi::c_void;

use hotcall::{Callback, ForeignCall, LocalCallback, LocalOptions, Signature, Thunk, Type};

use crate::callees::{
    ACTIONS, BUFFERS, CAUGHT, EXCEPTIONS, Pair, call_thrice, call_with_everything, closure, everything_signature,
    int_to_int, sum_after,
};
use crate::jsc_values::{check, define};
use crate::world::{CallbackWay, ScriptCallback, WAY, both_ways};
use hotcall_engines::jsc::{JscScript, words};

/// A callback of the function of script with this name, which is also the name of the pointer to it with a `p` in front.
pub(crate) fn callback(script: &JscScript, name: &str, signature: &Signature) -> ScriptCallback {
    let callback = match WAY.get() {
        CallbackWay::Handler => ScriptCallback::Handler(answered(script, name, signature)),
        CallbackWay::Function => {
            let (thunk, options) = (script.thunk(signature).unwrap(), LocalOptions::default());
            ScriptCallback::Function(script.callback(&thunk, name, options, Err::<(), ForeignCall>).unwrap())
        }
    };
    // SAFETY: the engine made the pointer object.
    unsafe { script.set_global(&format!("p{name}"), script.pointer(callback.as_ptr())) };
    callback
}

fn answered(script: &JscScript, name: &str, signature: &Signature) -> LocalCallback {
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

/// Calls three times, and returns the results in one number.
#[test]
fn exceptions_wait_for_c() {
    both_ways(|| {
        let Some(script) = JscScript::new() else { return };
        define(&script, "thrice", call_thrice as _, [Type::FUNCTION, Type::I32], Type::I32);
        check(
            &script,
            &[
                ("ran = 0; thrown = []; function plus(n) { ran++; return n + 1 } 0", "0"),
                ("function second(n) { ran++; if (n > 1) throw thrown[n] = new Error('no ' + n); return 7 } 0", "0"),
                ("function wrong(n) { ran++; return n === 2 ? 'two' : n } 0", "0"),
                ("function inner(n) { ran++; try { thrice(psecond, n) } catch (error) { return 1 } return 2 } 0", "0"),
                ("function outer(n) { ran++; thrice(psecond, n); return 3 } 0", "0"),
            ],
        );
        let names = ["plus", "second", "wrong", "inner", "outer"];
        let _callbacks: Vec<_> = names.iter().map(|name| callback(&script, name, &int_to_int())).collect();
        check(&script, &EXCEPTIONS);
        assert!(!script.realm.is_pending());
        // A thrown value that is not an object; and many of them, each of which is caught.
        check(&script, &[("second = null; function third(n) { throw n } 0", "0")]);
        let _third = callback(&script, "third", &int_to_int());
        check(&script, &[CAUGHT]);
    });
}

#[test]
fn callbacks_take_and_return_every_type() {
    both_ways(|| {
        let Some(script) = JscScript::new() else { return };
        define(&script, "everything", call_with_everything as _, [Type::FUNCTION], Type::F64);
        let keep = "function keep(...all) { seen = all.map((one) => typeof one + ' ' + one); \
                    return new Uint8Array(new Int32Array([40, 0x40000000]).buffer) } 0";
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
                     object [object Pointer]; object 3,0,0,0,0,0,0,63",
                ),
            ],
        );
    });
}

macro_rules! through {
    ($($name:ident: $ty:ty;)*) => {
        $(extern "C-unwind" fn $name(f: extern "C-unwind" fn($ty) -> $ty, value: $ty) -> $ty { f(value) })*
    };
}

through! {
    through_bool: bool;
    through_f32: f32;
    through_f64: f64;
    through_i64: i64;
    through_u32: u32;
    through_pointer: *const c_void;
}

#[test]
fn results_of_callbacks_are_converted() {
    both_ways(|| {
        let Some(script) = JscScript::new() else { return };
        check(&script, &[("function next() { return result } 0", "0")]);
        let mut callbacks = vec![];
        let mut case = |name: &str, address: *const (), ty: Type, argument: &str, cases: &[(&str, &str)]| {
            let signature = Signature::new([ty.clone()], ty.clone()).unwrap();
            callbacks.push(callback(&script, "next", &signature));
            define(&script, name, address, [Type::FUNCTION, ty.clone()], ty);
            for (result, expected) in cases {
                check(&script, &[(&format!("result = {result}; {name}(pnext, {argument})"), expected)]);
            }
        };
        let no = |ty: &str, problem: &str| format!("TypeError: a callback returned what is no {ty}: {problem}");
        let undefined = no("u32", "expected an integer, not undefined");
        let range = no("u32", "4294967296 is out of range");
        let number = no("bool", "expected a boolean, not a number");
        case("b", through_bool as _, Type::BOOL, "true", &[("true", "true"), ("false", "false"), ("1", &number)]);
        case("f", through_f32 as _, Type::F32, "1", &[("0.5", "0.5"), ("NaN", "NaN"), ("7", "7")]);
        case("d", through_f64 as _, Type::F64, "1", &[("-0.1", "-0.1"), ("NaN", "NaN"), ("1 / -Infinity", "0")]);
        case("i", through_i64 as _, Type::I64, "1", &[("-(2n ** 63n)", "-9223372036854775808"), ("5", "5")]);
        case(
            "u",
            through_u32 as _,
            Type::U32,
            "1",
            &[("2 ** 32 - 1", "4294967295"), ("2 ** 32", &range), ("undefined", &undefined)],
        );
        case("p", through_pointer as _, Type::POINTER, "null", &[("null", "null"), ("pnext", "[object Pointer]")]);
    });
}

/// Makes `collect(0)` a function of script that runs the collector.
pub(crate) fn define_collect(script: &JscScript) -> LocalCallback {
    let (callback, function) = closure("collect", script.collector());
    script.define("collect", &function);
    callback
}

#[test]
fn buffers_stay_where_they_are() {
    both_ways(|| {
        let Some(script) = JscScript::new() else { return };
        define(&script, "sum_after", sum_after as _, [Type::BUFFER, Type::USIZE, Type::FUNCTION], Type::U64);
        check(&script, &ACTIONS);
        let _callback = callback(&script, "act", &int_to_int());
        let _collector = define_collect(&script);
        check(&script, &BUFFERS);
        check(
            &script,
            &[(
                "action = () => { try { b.transfer() } catch {} churn() }; b = new ArrayBuffer(64); \
                     new Uint8Array(b).fill(1); sum_after(b, 64, pact)",
                "64",
            )],
        );
        // The system takes pages back when a buffer shrinks.
        check(
            &script,
            &[(
                "action = () => { try { b.resize(0) } catch {} churn() }; \
                     b = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 20 }); new Uint8Array(b).fill(1); \
                     sum_after(b, 1 << 20, pact)",
                "1048576",
            )],
        );
    });
}

extern "C" fn two(a: *const u8, b: *const u8, n: i32) -> i32 {
    i32::from(!a.is_null()) + i32::from(!b.is_null()) + n
}

#[test]
fn pins_are_released() {
    let Some(script) = JscScript::new() else { return };
    let pair = Type::structure([("a", Type::I32), ("b", Type::F32)]).unwrap();
    define(&script, "two", two as _, [Type::BUFFER, Type::BUFFER, Type::I32], Type::I32);
    extern "C" fn a_of(pair: Pair, _: *const u8) -> i32 {
        pair.a
    }
    define(&script, "a_of", a_of as _, [pair, Type::BUFFER], Type::I32);
    check(&script, &[("bytes = new Uint8Array(8); 0", "0")]);
    let engine = script.realm.engine();
    let wrong = |f: &str, index: u32, expected: &str, found: &str| {
        format!("TypeError: cannot call \"{f}\": argument {index} ({expected}): expected {found}")
    };
    let cases = [
        // Helpers convert objects that no call has got yet.
        ("two(new Uint8Array(8), new ArrayBuffer(8), 5)", "7".into(), 2),
        ("two(null, new Uint8Array(8), 5)", "6".into(), 1),
        ("two(null, null, 5)", "5".into(), 0),
        // Those before the wrong one.
        ("two(new Uint8Array(8), 7, 5)", wrong("two", 2, "buffer", "null or a buffer, not a number"), 1),
        ("a_of(new Uint8Array(8), null)", "0".into(), 1),
        ("a_of(new Uint8Array(8), 'x')", wrong("a_of", 2, "buffer", "null or a buffer, not a string"), 1),
    ];
    for (source, expected, pins) in cases {
        let before = engine.pinned.get();
        check(&script, &[(source, &expected)]);
        assert_eq!(engine.pins.get(), 0, "{source}");
        assert_eq!(engine.pinned.get() - before, pins, "{source}");
    }
    // The first wrong argument is named, also if others were pinned before.
    check(
        &script,
        &[
            (
                "two(bytes, new ArrayBuffer(8), 'x')",
                "TypeError: cannot call \"two\": argument 3 (i32): expected an integer, not a string",
            ),
            (
                "two('x', bytes, 'y')",
                "TypeError: cannot call \"two\": argument 1 (buffer): expected null or a buffer, not a string",
            ),
        ],
    );
    assert_eq!(engine.pins.get(), 0);
    assert_eq!(words(script.value("null")), [2, 0]);
}
