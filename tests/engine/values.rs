//! Values of every type, in and out of functions that the engines for JavaScript call, interpreted and compiled.

use hotcall::Type;
use hotcall_engines::Language;

use crate::languages::{STACK, both_calls, check, check_refused, define, in_each_engine};
use crate::same::define_same;

in_each_engine! {
    small_integers_take_their_range_alone,
    integers_of_64_bits_become_big_ints,
    floats_and_booleans_go_both_ways,
    pointers_go_both_ways,
    buffers_are_passed_by_address,
    detached_buffers_are_refused,
    structs_go_both_ways,
    missing_arguments_are_refused_and_extra_ones_ignored,
    loops_of_script_call_functions,
}

fn small_integers_take_their_range_alone<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_same(script);
        check(
            script,
            &[
                ("i8(127)", "127"),
                ("i8(-128)", "-128"),
                ("u8(255)", "255"),
                ("u8(0)", "0"),
                ("i16(32767)", "32767"),
                ("i16(-32768)", "-32768"),
                ("u16(65535)", "65535"),
                ("i32(2147483647)", "2147483647"),
                ("i32(-2147483648)", "-2147483648"),
                ("u32(2147483648)", "2147483648"),
                ("u32(4294967295)", "4294967295"),
                ("u32(2 ** 32 - 1) + 1", "4294967296"),
                ("typeof i8(1) + typeof u32(2 ** 31)", "numbernumber"),
                // Doubles with these numbers.
                ("i32(new Float64Array([7])[0])", "7"),
                ("u32(new Float64Array([4294967295])[0])", "4294967295"),
                ("i8(new Float64Array([-128])[0])", "-128"),
                ("Object.is(i32(-0), 0)", "true"),
                ("Object.is(u8(-0), 0)", "true"),
            ],
        );
        check_refused(
            script,
            "i8",
            "i8",
            &[("128", "128 is out of range"), ("-129", "-129 is out of range"), ("1.5", "1.5 is not an integer")],
        );
        check_refused(script, "u8", "u8", &[("256", "256 is out of range"), ("-1", "-1 is out of range")]);
        check_refused(
            script,
            "i16",
            "i16",
            &[("32768", "32768 is out of range"), ("-32769", "-32769 is out of range")],
        );
        check_refused(script, "u16", "u16", &[("65536", "65536 is out of range"), ("-1", "-1 is out of range")]);
        check_refused(
            script,
            "u32",
            "u32",
            &[
                ("2 ** 32", "4294967296 is out of range"),
                ("-1", "-1 is out of range"),
                ("0.5", "0.5 is not an integer"),
            ],
        );
        check_refused(
            script,
            "i32",
            "i32",
            &[
                ("2 ** 31", "2147483648 is out of range"),
                ("2 ** 32", "4294967296 is out of range"),
                ("2 ** 53", "9007199254740992 is out of range"),
                ("-(2 ** 31) - 1", "-2147483649 is out of range"),
                ("1.5", "1.5 is not an integer"),
                ("NaN", "NaN is not an integer"),
                ("Infinity", "Infinity is not an integer"),
                ("-Infinity", "-Infinity is not an integer"),
                ("1n", "expected an integer, not a BigInt"),
                ("true", "expected an integer, not a boolean"),
                ("null", "expected an integer, not null"),
                ("undefined", "expected an integer, not undefined"),
                ("", "expected an integer, not undefined"),
                ("'1'", "expected an integer, not a string"),
                ("Symbol()", "expected an integer, not a symbol"),
                ("[1]", "expected an integer, not an object"),
                ("{ valueOf() { return 7 } }", "expected an integer, not an object"),
                ("() => 1", "expected an integer, not a function"),
                ("new Uint8Array(4)", "expected an integer, not a buffer"),
                ("p", "expected an integer, not a pointer"),
            ],
        );
        // No script runs to make a number of an object.
        check(
            script,
            &[
                ("ran = 0; try { i32({ valueOf() { ran++; return 1 } }) } catch {} ran", "0"),
                ("try { f64({ [Symbol.toPrimitive]() { ran++; return 1 } }) } catch {} ran", "0"),
                ("try { buffer(new Proxy({}, { get() { ran++ }, getPrototypeOf() { ran++ } })) } catch {} ran", "0"),
            ],
        );
    });
}

fn integers_of_64_bits_become_big_ints<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_same(script);
        check(
            script,
            &[
                ("i64(1)", "1"),
                ("typeof i64(1)", "bigint"),
                ("i64(-1)", "-1"),
                ("i64(2 ** 53)", "9007199254740992"),
                ("i64(-(2 ** 63))", "-9223372036854775808"),
                ("i64(2n ** 63n - 1n)", "9223372036854775807"),
                ("i64(-(2n ** 63n))", "-9223372036854775808"),
                // The lowest 64 bits.
                ("i64(2n ** 63n)", "-9223372036854775808"),
                ("i64(2n ** 64n)", "0"),
                ("i64(2n ** 64n + 5n)", "5"),
                ("u64(2n ** 64n)", "0"),
                ("u64(-1n)", "18446744073709551615"),
                ("u64(2n ** 64n - 1n)", "18446744073709551615"),
                ("u64(2 ** 53)", "9007199254740992"),
                ("u64(2 ** 63)", "9223372036854775808"),
                ("u64(18446744073709549568)", "18446744073709549568"),
                ("Object.is(i64(-0), 0n)", "true"),
                ("isize(-5)", "-5"),
                ("usize(5n)", "5"),
                ("i64(new Float64Array([7])[0])", "7"),
            ],
        );
        let both = [
            ("1.5", "1.5 is not an integer"),
            ("NaN", "NaN is not an integer"),
            ("Infinity", "Infinity is not an integer"),
            ("2 ** 64", "18446744073709552000 is out of range"),
            ("'1'", "expected an integer or a BigInt, not a string"),
            ("undefined", "expected an integer or a BigInt, not undefined"),
            ("true", "expected an integer or a BigInt, not a boolean"),
            ("({})", "expected an integer or a BigInt, not an object"),
        ];
        check_refused(script, "i64", "i64", &both);
        check_refused(script, "u64", "u64", &both);
        check_refused(script, "i64", "i64", &[("2 ** 63", "9223372036854776000 is out of range")]);
        check_refused(script, "u64", "u64", &[("-1", "-1 is out of range")]);
        check_refused(script, "usize", "usize", &[("-1", "-1 is out of range")]);
        check_refused(script, "isize", "isize", &[("0.5", "0.5 is not an integer")]);
    });
}

fn floats_and_booleans_go_both_ways<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_same(script);
        check(
            script,
            &[
                ("f64(1.5)", "1.5"),
                ("f64(0.1)", "0.1"),
                ("f64(3)", "3"),
                ("f64(2 ** 53)", "9007199254740992"),
                ("Object.is(f64(-0), -0)", "true"),
                ("Object.is(f64(0), 0)", "true"),
                ("f64(NaN)", "NaN"),
                ("f64(-Infinity)", "-Infinity"),
                ("f64(Number.MIN_VALUE) === Number.MIN_VALUE", "true"),
                ("f64(-Number.MAX_VALUE) === -Number.MAX_VALUE", "true"),
                ("f32(1.5)", "1.5"),
                ("f32(3)", "3"),
                ("f32(0.1)", "0.10000000149011612"),
                ("f32(0.1) === Math.fround(0.1)", "true"),
                ("f32(16777217)", "16777216"),
                ("f32(1e300)", "Infinity"),
                ("f32(NaN)", "NaN"),
                ("Object.is(f32(-0), -0)", "true"),
                ("bool(true)", "true"),
                ("bool(false)", "false"),
            ],
        );
        let no_number = [
            ("'1'", "expected a number, not a string"),
            ("1n", "expected a number, not a BigInt"),
            ("true", "expected a number, not a boolean"),
            ("null", "expected a number, not null"),
            ("", "expected a number, not undefined"),
            ("[]", "expected a number, not an object"),
        ];
        check_refused(script, "f64", "f64", &no_number);
        check_refused(script, "f32", "f32", &no_number);
        let no_boolean = [
            ("1", "expected a boolean, not a number"),
            ("0.5", "expected a boolean, not a number"),
            ("undefined", "expected a boolean, not undefined"),
            ("null", "expected a boolean, not null"),
            ("''", "expected a boolean, not a string"),
            ("new Boolean(true)", "expected a boolean, not an object"),
        ];
        check_refused(script, "bool", "bool", &no_boolean);
    });
}

fn pointers_go_both_ways<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_same(script);
        check(
            script,
            &[
                ("pointer(null)", "null"),
                ("address(p)", "4660"),
                ("address(pointer(p))", "4660"),
                ("address(high).toString(16)", "ffff876543210fed"),
                ("address(null)", "0"),
                ("pointer(p) === p", "false"),
                ("address(text(p))", "4660"),
                ("address(callable(p))", "4660"),
                ("buffer(null)", "null"),
                ("text(null)", "null"),
                ("callable(null)", "null"),
            ],
        );
        let neither = [
            ("undefined", "expected null or a pointer, not undefined"),
            ("0", "expected null or a pointer, not a number"),
            ("new Uint8Array(8)", "expected null or a pointer, not a buffer"),
            ("4660n", "expected null or a pointer, not a BigInt"),
            ("new ArrayBuffer(8)", "expected null or a pointer, not a buffer"),
            ("{ __proto__: p }", "expected null or a pointer, not an object"),
            ("new Proxy(p, {})", "expected null or a pointer, not an object"),
        ];
        check_refused(script, "pointer", "pointer", &neither);
        check_refused(script, "callable", "function", &neither);
        check_refused(
            script,
            "buffer",
            "buffer",
            &[("p", "expected null or a buffer, not a pointer"), ("'x'", "expected null or a buffer, not a string")],
        );
        check_refused(script, "text", "text", &[("'x'", "expected null, a buffer or a pointer, not a string")]);
    });
}

/// Returns the first byte.
pub(crate) extern "C" fn first(bytes: *const u8) -> u8 {
    // SAFETY: the tests pass buffers that have a byte.
    unsafe { bytes.read() }
}

fn buffers_are_passed_by_address<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_same(script);
        define(script, "first", first as _, [Type::BUFFER], Type::U8);
        define(script, "first_of_text", first as _, [Type::TEXT], Type::U8);
        check(
            script,
            &[
                ("bytes = new Uint8Array([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]); 0", "0"),
                ("first(bytes)", "10"),
                ("first(bytes.buffer)", "10"),
                ("first(bytes.subarray(3))", "13"),
                ("first(new DataView(bytes.buffer))", "10"),
                ("first(new DataView(bytes.buffer, 5, 2))", "15"),
                ("first(new Float64Array(bytes.buffer, 8))", "18"),
                ("first(new BigInt64Array(bytes.buffer, 8, 1))", "18"),
                ("first(new Uint8ClampedArray([300]))", "255"),
                ("first_of_text(bytes.subarray(4))", "14"),
                ("big = new Uint8Array(1 << 20); big[1 << 19] = 77; first(big.subarray(1 << 19))", "77"),
                ("address(pointer(buffer(bytes))) === address(buffer(bytes.buffer))", "true"),
                ("String(address(buffer(bytes.subarray(3))) - address(buffer(bytes)))", "3"),
                ("String(at(bytes.subarray(3)) - at(bytes))", "3"),
                ("String(at(new DataView(bytes.buffer, 2)) - at(bytes.buffer))", "2"),
                // Empty ones are buffers too.
                ("buffer(new Uint8Array(0)); buffer(new ArrayBuffer(0)); 'taken'", "taken"),
                ("typeof at(new Uint8Array(0))", "bigint"),
            ],
        );
    });
}

fn detached_buffers_are_refused<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_same(script);
        check(
            script,
            &[(
                "gone = new ArrayBuffer(8); \
                 views = [gone, new Uint8Array(gone), new Float64Array(gone), new DataView(gone), new DataView(gone, 4)]; \
                 detached(gone); views.length",
                "5",
            )],
        );
        for index in 0..5 {
            check_refused(
                script,
                "buffer",
                "buffer",
                &[(&format!("views[{index}]"), "expected null or a buffer, not a detached buffer")],
            );
        }
    });
}

fn structs_go_both_ways<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_same(script);
        check(
            script,
            &[
                ("p16 = new Uint8Array(16); new DataView(p16.buffer).setFloat64(0, -2.5, true); 0", "0"),
                ("new DataView(p16.buffer).setInt32(8, -7, true); out = point(p16); 0", "0"),
                ("out instanceof Uint8Array && out.length", "16"),
                ("new DataView(out.buffer).getFloat64(0, true)", "-2.5"),
                ("new DataView(out.buffer).getInt32(8, true)", "-7"),
                ("out !== p16 && out.buffer !== p16.buffer", "true"),
                ("point(new Uint8Array(24).fill(1).subarray(3)).length", "16"),
                ("point(new DataView(p16.buffer)).length", "16"),
                (
                    "matrix(Uint8Array.from({ length: 64 }, (_, i) => i)).join()",
                    &(0..64).map(|i| i.to_string()).collect::<Vec<_>>().join(","),
                ),
                (
                    "matrix(new BigUint64Array(8).fill(0x0102030405060708n)).slice(48).join()",
                    "8,7,6,5,4,3,2,1,8,7,6,5,4,3,2,1",
                ),
            ],
        );
        check_refused(
            script,
            "point",
            "struct {f64, i32}",
            &[
                ("new Uint8Array(15)", "15 bytes are too few: it has 16"),
                ("new Uint8Array(0)", "0 bytes are too few: it has 16"),
                ("p16.subarray(8)", "8 bytes are too few: it has 16"),
                ("null", "expected a buffer, not null"),
                ("undefined", "expected a buffer, not undefined"),
                ("{ x: 1, y: 2 }", "expected a buffer, not an object"),
                ("p", "expected a buffer, not a pointer"),
                ("detached(new ArrayBuffer(16))", "expected a buffer, not a detached buffer"),
            ],
        );
    });
}

pub(crate) extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

extern "C" fn add_f64(a: f64, b: f64) -> f64 {
    a + b
}

extern "C" fn nothing() {}

pub(crate) extern "C" fn sum(
    a: i8,
    b: u16,
    c: i32,
    d: f32,
    e: f64,
    f: u8,
    g: i64,
    h: f64,
    i: u32,
    j: i16,
    k: f32,
    l: u64,
) -> f64 {
    let integers = i128::from(a) + i128::from(b) + i128::from(c) + i128::from(f) + i128::from(g);
    let integers = integers + i128::from(i) + i128::from(j) + i128::from(l);
    integers as f64 + f64::from(d) + e + h + f64::from(k)
}

fn define_sums(script: &impl Language) {
    define(script, "add", add as _, [Type::I32, Type::I32], Type::I32);
    define(script, "add_f64", add_f64 as _, [Type::F64, Type::F64], Type::F64);
    define(script, "nothing", nothing as _, [], None);
    let (i8, u16, i32, f32, f64, u8) = (Type::I8, Type::U16, Type::I32, Type::F32, Type::F64, Type::U8);
    let rest = [Type::I64, f64.clone(), Type::U32, Type::I16, f32.clone(), Type::U64];
    define(script, "sum", sum as _, [i8, u16, i32, f32, f64, u8].into_iter().chain(rest), Type::F64);
}

fn missing_arguments_are_refused_and_extra_ones_ignored<L: Language>() {
    both_calls::<L>(STACK, |script, _| {
        define_sums(script);
        let missing = "TypeError: cannot call \"add\": argument 2 (i32): expected an integer, not undefined";
        check(
            script,
            &[
                ("add(1, 2)", "3"),
                ("add(1, 2, 'x', {})", "3"),
                ("add(1)", missing),
                ("add(1, undefined)", missing),
                ("add()", "TypeError: cannot call \"add\": argument 1 (i32): expected an integer, not undefined"),
                // The first wrong one is named.
                ("add('x')", "TypeError: cannot call \"add\": argument 1 (i32): expected an integer, not a string"),
                ("add.call('this', 1, 2)", "3"),
                ("add.apply(null, [1, 2])", "3"),
                ("Reflect.apply(add, undefined, [1, 2, 3])", "3"),
                ("[1, 2, 3].map(add).join()", "1,3,5"),
                ("nothing()", "undefined"),
                ("nothing(1, 2, 3)", "undefined"),
                ("sum(-1, 2, -3, 0.5, 0.25, 6, -7n, 0.125, 9, -10, 16, 12n)", "24.875"),
                ("sum(...[-1, 2, -3, 0.5, 0.25, 6, -7, 0.125, 9, -10, 16, 12], ...Array(100).fill(1))", "24.875"),
                (
                    "sum(-1, 2, -3, 0.5, 0.25, 6, -7n, 0.125, 9, -10, 16)",
                    "TypeError: cannot call \"sum\": argument 12 (u64): expected an integer or a BigInt, not undefined",
                ),
                ("try { new add(1, 2) } catch (error) { error instanceof TypeError }", "true"),
            ],
        );
    });
}

/// An engine that compiles script keeps numbers there as it likes. Functions are compiled while the loops run, or before.
fn loops_of_script_call_functions<L: Language>() {
    let Some(script) = &L::with_stack(STACK) else { return };
    define_sums(script);
    define_same(script);
    let loops = |body: &str| {
        format!("(function (n) {{ let x = 0; for (let i = 0; i < n; i++) {{ {body} }} return x }})(100000)")
    };
    check(
        script,
        &[
            (&loops("x = add(x, 1)"), "100000"),
            (&loops("x += i32(i)"), "4999950000"),
            (&loops("x += f64(i + 0.5)"), "5000000000"),
            (&loops("x += Number(u64(i))"), "4999950000"),
            (&loops("x += i % 2 ? i32(i) : f64(i)"), "4999950000"),
            (&loops("x = add_f64(x, 0.5)"), "50000"),
            // Integers where doubles are asked for, and doubles that are integers.
            (&loops("x = add_f64(x, 1)"), "100000"),
            (&loops("x = add(x, i % 2 ? 1.5 * 2 : 1)"), "200000"),
            (&loops("x = add(x, new Float64Array([2])[0])"), "200000"),
            (&loops("x += u32(4294967295 - i) - u32(i)"), "429486729600000"),
            (&loops("x += bool(i % 2 === 0) ? 1 : 0"), "50000"),
            (&loops("x += Number(i64(BigInt(i)) & 1n)"), "50000"),
            (&loops("x = sum(-1, 2, -3, 0.5, 0.25, 6, -7, 0.125, 9, -10, 16, i)"), "100011.875"),
            // Wrong arguments in between.
            (&loops("try { i8(i) } catch { x++ }"), "99872"),
            (
                &loops(
                    "try { x = add(x, i % 3 ? 1 : i + 0.5) } catch (error) { \
                         if (!(error instanceof TypeError)) throw error; x += 2 }",
                ),
                "133334",
            ),
            (
                &loops("try { add(i === 99999 ? 1.5 : i, 0) } catch (error) { return error.message }"),
                "cannot call \"add\": argument 1 (i32): 1.5 is not an integer",
            ),
            (&loops("add(i, 0, 'more')"), "0"),
        ],
    );
}
