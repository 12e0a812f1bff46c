//! Callbacks, exceptions and buffers' memory, while each of the engines for JavaScript runs a function.

use std::ffi::c_void;

use hotcall::{Library, LocalCallback, Signature, Type};
use hotcall_engines::{Language, ScriptCallback};
use hotcall_testing::fixture::shared_object;

use crate::callees::{call_then_add, call_thrice, call_with_everything, everything_signature, int_to_int, sum_after};
use crate::languages::{STACK, all_ways, callback, check, define, define_collect, in_each_engine};

in_each_engine! {
    exceptions_wait_for_c,
    callbacks_take_and_return_every_type,
    results_of_callbacks_are_converted,
    buffers_stay_where_they_are,
    pointers_hold_every_address,
    closed_libraries_refuse_calls,
    a_function_that_runs_is_not_collected,
}

/// Makes `thrice`, which calls three times and returns the results in one number, and callbacks for it.
pub(crate) fn define_thrice(language: &impl Language) -> Vec<ScriptCallback> {
    define(language, "thrice", call_thrice as _, [Type::FUNCTION, Type::I32], Type::I32);
    check(
        language,
        &[
            ("ran = 0; thrown = []; function plus(n) { ran++; return n + 1 } 0", "0"),
            ("function second(n) { ran++; if (n > 1) throw thrown[n] = new Error('no ' + n); return 7 } 0", "0"),
            ("function wrong(n) { ran++; return n === 2 ? 'two' : n } 0", "0"),
            ("function inner(n) { ran++; try { thrice(psecond, n) } catch (error) { return 1 } return 2 } 0", "0"),
            ("function outer(n) { ran++; thrice(psecond, n); return 3 } 0", "0"),
            ("function third(n) { throw n } 0", "0"),
        ],
    );
    ["plus", "second", "wrong", "inner", "outer", "third"].map(|name| callback(language, name, &int_to_int())).into()
}

fn exceptions_wait_for_c<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        let _callbacks = define_thrice(language);
        check(
            language,
            &[
                ("thrice(pplus, 4)", "50607"),
                ("ran", "3"),
                // The first exception is thrown as the same object. No script runs after it.
                ("ran = 0; try { thrice(psecond, 1) } catch (error) { error === thrown[2] }", "true"),
                ("ran + ' ' + thrown.length", "2 3"),
                // No exception waits now.
                ("thrice(pplus, 0)", "10203"),
                (
                    "ran = 0; thrice(pwrong, 0)",
                    "TypeError: a callback returned what is no i32: expected an integer, not a string",
                ),
                ("ran = 0; try { thrice(pwrong, 2) } catch {} ran", "1"),
                // Calls within callbacks have exceptions of their own, until they let them pass.
                ("thrice(pinner, 0)", "10101"),
                ("ran = 0; try { thrice(pouter, 0) } catch (error) { error + ' ' + ran }", "Error: no 2 4"),
            ],
        );
        assert!(!language.realm().is_pending());
        // Values that are not objects: many of them, each of which is caught.
        check(
            language,
            &[(
                "(function () { let sum = 0; for (let i = 0; i < 20000; i++) try { thrice(pthird, i) } catch (n) { \
                 sum += n } return sum })()",
                "199990000",
            )],
        );
    });
}

extern "C" fn address(of: usize) -> usize {
    of
}

fn callbacks_take_and_return_every_type<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        define(language, "everything", call_with_everything as _, [Type::FUNCTION], Type::F64);
        let _collector = define_collect(language);
        define(language, "address", address as _, [Type::POINTER], Type::U64);
        let keep = "function keep(...all) { collect(0); \
                    seen = all.map((one, index) => typeof one + ' ' + (index === 12 ? address(one) : one)); \
                    return new Uint8Array(new Int32Array([40, 0x40000000]).buffer) } 0";
        check(language, &[(keep, "0")]);
        let _callback = callback(language, "keep", &everything_signature());
        // 0x40000000 is 2 as a float. The pair that came is 3 and 0.5, which is 0x3f000000.
        let seen = "number -1; number 255; number -2; number 65535; number -3; number 4294967295; bigint -4; \
                    bigint 18446744073709551615; boolean true; number 0.25; number NaN; object null; object 16; \
                    object 3,0,0,0,0,0,0,63";
        check(language, &[("everything(pkeep)", "42"), ("seen.join('; ')", seen)]);
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

fn results_of_callbacks_are_converted<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        check(language, &[("function next() { return result } 0", "0")]);
        let mut callbacks = vec![];
        let mut case = |name: &str, address: *const (), ty: Type, argument: &str, cases: &[(&str, &str)]| {
            let signature = Signature::new([ty.clone()], ty.clone()).unwrap();
            callbacks.push(callback(language, "next", &signature));
            define(language, name, address, [Type::FUNCTION, ty.clone()], ty);
            for (result, expected) in cases {
                check(language, &[(&format!("result = {result}; String({name}(pnext, {argument}))"), expected)]);
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
        case("p", through_pointer as _, Type::POINTER, "null", &[("null", "null")]);
        define(language, "address", address as _, [Type::POINTER], Type::U64);
        check(language, &[("result = pnext; address(p(pnext, null)) === address(pnext)", "true")]);
    });
}

/// Makes `sum_after`, and its callback `pact`, which does what `action` says. `churn()` has memory used again.
pub(crate) fn define_sum_after(language: &impl Language) -> (LocalCallback, ScriptCallback) {
    define(language, "sum_after", sum_after as _, [Type::BUFFER, Type::USIZE, Type::FUNCTION], Type::U64);
    check(
        language,
        &[
            ("function act(n) { action(n); return 0 } 0", "0"),
            // Memory that the collector reuses, or that was freed or moved, soon has other bytes.
            ("function churn() { for (let i = 0; i < 20000; i++) new Uint8Array(64).fill(255) } 0", "0"),
        ],
    );
    (define_collect(language), callback(language, "act", &int_to_int()))
}

fn buffers_stay_where_they_are<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        let _callbacks = define_sum_after(language);
        check(
            language,
            &[
                ("action = () => {}; sum_after(new Uint8Array([1, 2, 3]), 3, pact)", "6"),
                ("action = () => { collect(0); churn() }; sum_after(new Uint8Array([1, 2, 3]), 3, pact)", "6"),
                ("sum_after(new Uint8Array(1 << 16).fill(2).subarray(1), 65535, pact)", "131070"),
            ],
        );
    });
}

fn pointers_hold_every_address<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        define(language, "address", address as _, [Type::POINTER], Type::U64);
        for there in [1, 2, 0x7fff_ffff_ffff, 0x8000_0000_0000_0001, usize::MAX] {
            language.set_pointer("there", std::ptr::without_provenance(there));
            let number = there.to_string();
            check(
                language,
                &[
                    ("String(BigInt(address(there)))", &number),
                    // Script may try to do to it what it does to other objects.
                    ("try { there.x = 1 } catch {} String(address(there))", &number),
                    (
                        "try { Object.setPrototypeOf(there, Uint8Array.prototype) } catch {} String(address(there))",
                        &number,
                    ),
                    ("Object.freeze(there); String(address(there))", &number),
                ],
            );
        }
    });
}

fn closed_libraries_refuse_calls<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        let path = shared_object("double twice(double x) { return 2 * x; }\nint one(void *p) { return 1; }\n");
        // SAFETY: the library has no initialisers.
        let library = unsafe { Library::open(&path) }.unwrap();
        let twice = Signature::new([Type::F64], Type::F64).unwrap();
        language.define("twice", &library.function("twice", &twice).unwrap());
        let one = Signature::new([Type::BUFFER], Type::I32).unwrap();
        language.define("one", &library.function("one", &one).unwrap());
        check(language, &[("f = twice; f(4)", "8"), ("one(null)", "1")]);
        library.close();
        let closed = format!("TypeError: {} is closed", library.resolved());
        // Also with wrong arguments.
        check(
            language,
            &[("f(4)", &closed), ("twice('x')", &closed), ("one(null)", &closed), ("one(new Uint8Array(1))", &closed)],
        );
        drop(library);
        language.collector()();
        check(language, &[("f(4)", &closed), ("f = twice = one = null; 0", "0")]);
    });
}

/// Makes `call`, which calls back, and its callback `pdrop_all`, which lets go of `call` and collects garbage.
pub(crate) fn define_drop_all(language: &impl Language) -> (LocalCallback, ScriptCallback) {
    define(language, "call", call_then_add as _, [Type::FUNCTION, Type::I32], Type::I32);
    let collector = define_collect(language);
    let drop_all = "function drop_all(n) { call = null; for (let i = 0; i < 5; i++) collect(0); return n * 2 } 0";
    check(language, &[(drop_all, "0")]);
    (collector, callback(language, "drop_all", &int_to_int()))
}

fn a_function_that_runs_is_not_collected<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        let _callbacks = define_drop_all(language);
        check(language, &[("call(pdrop_all, 7)", "21"), ("typeof call", "object")]);
    });
}
