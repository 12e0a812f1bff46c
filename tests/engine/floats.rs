//! `float` and `double`, in and out.

use crate::world::Expected::{Error, Value};
use crate::world::World;

fn world() -> World {
    World::new([
        ("f32", "id_f32", "(f32) -> f32"),
        ("f64", "id_f64", "(f64) -> f64"),
        ("f32_of", "f32_of", "(u32) -> f32"),
        ("f64_of", "f64_of", "(u64) -> f64"),
        ("bits_of_f32", "bits_of_f32", "(f32) -> u32"),
        ("bits_of_f64", "bits_of_f64", "(f64) -> u64"),
    ])
}

#[test]
fn doubles_keep_their_bits() {
    let same = [
        "0",
        "-0",
        "1",
        "-1",
        "1.5",
        "-0.1",
        "2**31 - 1",
        "2**31",
        "-(2**31)",
        "2**32",
        "2**53",
        "2**63",
        "2**64",
        "Number.MAX_VALUE",
        "Number.MIN_VALUE",
        "-Number.MIN_VALUE",
        "Number.EPSILON",
        "Infinity",
        "-Infinity",
        "NaN",
    ];
    let world = world();
    for number in same {
        world.check_calls("f64", "f64", [(number, Value(number))]);
    }
}

#[test]
fn singles_are_rounded_once() {
    let world = world();
    world.check_calls(
        "f32",
        "f32",
        [
            ("0", Value("0")),
            ("-0", Value("-0")),
            ("1", Value("1")),
            ("-7", Value("-7")),
            ("1.5", Value("1.5")),
            ("0.1", Value("0.10000000149011612")),
            // To even, twice.
            ("2**24 + 1", Value("16777216")),
            ("2**24 + 3", Value("16777220")),
            ("2**31 - 1", Value("2147483648")),
            ("-(2**31)", Value("-2147483648")),
            ("2**53", Value("9007199254740992")),
            ("3.4028234663852886e38", Value("3.4028234663852886e38")),
            ("3.4028235677973366e38", Value("Infinity")),
            ("1e300", Value("Infinity")),
            ("-1e300", Value("-Infinity")),
            ("2**-149", Value("2**-149")),
            ("2**-151", Value("0")),
            ("-(2**-151)", Value("-0")),
            ("Infinity", Value("Infinity")),
            ("-Infinity", Value("-Infinity")),
            ("NaN", Value("NaN")),
        ],
    );
}

#[test]
fn what_is_no_number_is_refused() {
    let world = world();
    for ty in ["f32", "f64"] {
        world.check_calls(
            ty,
            ty,
            [
                ("", Error("expected a number, not undefined")),
                ("undefined", Error("expected a number, not undefined")),
                ("null", Error("expected a number, not null")),
                ("true", Error("expected a number, not a boolean")),
                ("1n", Error("expected a number, not a BigInt")),
                ("2n**64n", Error("expected a number, not a BigInt")),
                ("'1'", Error("expected a number, not a string")),
                ("Symbol()", Error("expected a number, not a symbol")),
                ("({})", Error("expected a number, not an object")),
                ("new Number(1)", Error("expected a number, not an object")),
                ("[1]", Error("expected a number, not an object")),
                ("() => 1", Error("expected a number, not a function")),
                ("new ArrayBuffer(8)", Error("expected a number, not a buffer")),
                ("new Float64Array(1)", Error("expected a number, not a buffer")),
            ],
        );
    }
}

#[test]
fn every_byte_of_a_double_arrives() {
    world().check([
        ("bits_of_f64(f64_of(0x4182838485868788n)) === 0x4182838485868788n", "true"),
        ("bits_of_f64(f64_of(0xc182838485868788n)) === 0xc182838485868788n", "true"),
        ("bits_of_f64(1)", "4607182418800017408n"),
        ("bits_of_f64(-0)", "9223372036854775808n"),
        ("bits_of_f64(as_double(3)) === 0x4008000000000000n", "true"),
        ("bits_of_f32(f32_of(0x41828384)) === 0x41828384", "true"),
        ("bits_of_f32(1)", "1065353216"),
        ("bits_of_f32(-0)", "2147483648"),
        ("bits_of_f32(0.1) === 0x3dcccccd", "true"),
    ]);
}

#[test]
fn no_nan_that_c_returns_is_anything_else() {
    let world = world();
    // Quiet and signalling ones, of both signs, with payloads; also those that are values of engines that box in NaNs.
    let doubles = [
        "7ff8000000000000",
        "fff8000000000000",
        "7ff0000000000001",
        "fff0000000000001",
        "7ff8000000000123",
        "7fffffffffffffff",
        "ffffffffffffffff",
        "fff4000000000000",
        "7ff4deadbeefcafe",
        "fffe000000000001",
        "fff9000000000001",
        "fffc000000000002",
        "fffb800000000000",
        "7ff8000000000006",
    ];
    for bits in doubles {
        let nan = format!("f64_of(0x{bits}n)");
        assert_eq!(world.show(&nan), "NaN", "{bits}");
        let rows = ["typeof X", "X + 1", "f64(X)", "f32(X)", "[X].includes(NaN)", "X === X"];
        let seen = rows.map(|row| world.show(&row.replace('X', &nan)));
        assert_eq!(seen, ["\"number\"", "NaN", "NaN", "NaN", "true", "false"], "{bits}");
    }
    for bits in ["7fc00000", "ffc00000", "7f800001", "ff800001", "7fffffff", "ffffffff", "7fa12345"] {
        let nan = format!("f32_of(0x{bits})");
        let seen = ["X", "typeof X", "f32(X)", "f64(X)"].map(|row| world.show(&row.replace('X', &nan)));
        assert_eq!(seen, ["NaN", "\"number\"", "NaN", "NaN"], "{bits}");
    }
    world.check([
        ("f32_of(0x7f800000)", "Infinity"),
        ("f32_of(0xff800000)", "-Infinity"),
        ("f32_of(0x80000000)", "-0"),
        ("f32_of(1) === 2**-149", "true"),
        ("f64_of(0x7ff0000000000000n)", "Infinity"),
        ("f64_of(0xfff0000000000000n)", "-Infinity"),
        ("f64_of(0x8000000000000000n)", "-0"),
        ("f64_of(1)", "5e-324"),
    ]);
    // As integers they are refused, whatever their value.
    world.add("i64", "id_i64", "(i64) -> i64");
    world.check([(
        "i64(f64_of(0xfff0000000000001n))",
        r#"TypeError: cannot call "id_i64": argument 1 (i64): NaN is not an integer"#,
    )]);
}

#[test]
fn the_script_has_doubles_that_are_whole() {
    let script = world();
    for (source, tag) in [("3", rquickjs_sys::JS_TAG_INT), ("as_double(3)", rquickjs_sys::JS_TAG_FLOAT64)] {
        let value = script.evaluate(source);
        assert_eq!(value.tag as i32, tag, "{source}");
    }
}
