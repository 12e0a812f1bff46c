//! Integers of every type, in and out.

use crate::world::Expected::{Error, Value};
use crate::world::{Expected, World};

/// A function that returns its argument and one that returns it as an `int64_t`, for each type.
fn world(ty: &str) -> World {
    let [id, wide] = ["id", "wide"].map(|kind| format!("{kind}_{ty}"));
    let (id_type, wide_type) = (format!("({ty}) -> {ty}"), format!("({ty}) -> i64"));
    World::new([("id", id.as_str(), id_type.as_str()), ("wide", &wide, &wide_type)])
}

/// Values that a type takes unchanged: as numbers, or as BigInts where results of the type are.
fn check_taken(world: &World, ty: &str, numbers: &[&'static str]) {
    let is_wide = matches!(ty, "i64" | "u64" | "isize" | "usize");
    for number in numbers {
        let result: &'static str = if is_wide { format!("BigInt({number})").leak() } else { number };
        world.check_calls("id", ty, [(number, Value(result))]);
        world.check_calls("wide", ty, [(number, Value(format!("BigInt.asIntN(64, BigInt({number}))").leak()))]);
    }
}

/// Values that no integer type takes.
fn check_never_taken(world: &World, ty: &str, expected: &'static str) {
    let not = |found| Error(format!("expected {expected}, not {found}").leak());
    let rows: [(&str, Expected); 26] = [
        ("1.5", Error("1.5 is not an integer")),
        ("-0.5", Error("-0.5 is not an integer")),
        ("0.1", Error("0.1 is not an integer")),
        ("0.000001", Error("0.000001 is not an integer")),
        ("-0.0000001", Error("-1e-7 is not an integer")),
        ("1.25e-300", Error("1.25e-300 is not an integer")),
        ("NaN", Error("NaN is not an integer")),
        ("Infinity", Error("Infinity is not an integer")),
        ("-Infinity", Error("-Infinity is not an integer")),
        ("", not("undefined")),
        ("undefined", not("undefined")),
        ("null", not("null")),
        ("true", not("a boolean")),
        ("false", not("a boolean")),
        ("''", not("a string")),
        ("'1'", not("a string")),
        ("'x'.repeat(1000)", not("a string")),
        ("'x'.repeat(1000) + 'y'.repeat(10000)", not("a string")),
        ("Symbol()", not("a symbol")),
        ("Symbol.iterator", not("a symbol")),
        ("({})", not("an object")),
        ("({ valueOf() { throw 'no script may run' } })", not("an object")),
        ("[1]", not("an object")),
        ("x => x", not("a function")),
        ("id", not("a function")),
        ("new Uint8Array(8)", not("a buffer")),
    ];
    world.check_calls("id", ty, rows);
}

fn check_never_taken_narrow(ty: &str) {
    let world = world(ty);
    check_never_taken(&world, ty, "an integer");
    for big in ["1n", "0n", "-1n", "2n**64n", "-(2n**63n)"] {
        world.check_calls("id", ty, [(big, Error("expected an integer, not a BigInt"))]);
    }
}

fn check_range(ty: &str, numbers: &[&'static str], outside: &[(&'static str, &str)]) {
    let world = world(ty);
    check_taken(&world, ty, numbers);
    for (number, shown) in outside {
        world.check_calls("id", ty, [(number, Error(format!("{shown} is out of range").leak()))]);
    }
}

/// Far outside of all types.
const HUGE: [(&str, &str); 6] = [
    // As many digits as tell it from its neighbours.
    ("2**64", "18446744073709552000"),
    ("-(2**64)", "-18446744073709552000"),
    ("1e21", "1e+21"),
    ("-1.5e300", "-1.5e+300"),
    ("1e20 * 9", "900000000000000000000"),
    ("2**63 * 3", "27670116110564327000"),
];

#[test]
fn i8_takes_its_range_alone() {
    check_range("i8", &["0", "-0 + 0", "1", "-1", "127", "-128", "18", "-19"], &HUGE);
    check_range(
        "i8",
        &[],
        &[
            ("128", "128"),
            ("-129", "-129"),
            ("255", "255"),
            ("256", "256"),
            ("-256", "-256"),
            ("2**31", "2147483648"),
            ("2**32", "4294967296"),
            ("2**32 + 1", "4294967297"),
            ("2**53", "9007199254740992"),
            ("2**63", "9223372036854776000"),
        ],
    );
    check_never_taken_narrow("i8");
}

#[test]
fn u8_takes_its_range_alone() {
    check_range("u8", &["0", "1", "127", "128", "255"], &HUGE);
    check_range(
        "u8",
        &[],
        &[
            ("-1", "-1"),
            ("256", "256"),
            ("-128", "-128"),
            ("-255", "-255"),
            ("65536", "65536"),
            ("2**31", "2147483648"),
            ("2**32", "4294967296"),
            ("2**53", "9007199254740992"),
            ("-(2**63)", "-9223372036854776000"),
        ],
    );
    check_never_taken_narrow("u8");
}

#[test]
fn i16_takes_its_range_alone() {
    check_range("i16", &["0", "1", "-1", "127", "128", "32767", "-32768", "0x1234"], &HUGE);
    check_range(
        "i16",
        &[],
        &[
            ("32768", "32768"),
            ("-32769", "-32769"),
            ("65535", "65535"),
            ("65536", "65536"),
            ("2**31 - 1", "2147483647"),
            ("-(2**31)", "-2147483648"),
            ("2**32 - 1", "4294967295"),
            ("2**53", "9007199254740992"),
        ],
    );
    check_never_taken_narrow("i16");
}

#[test]
fn u16_takes_its_range_alone() {
    check_range("u16", &["0", "1", "255", "256", "32768", "65535", "0x8182"], &HUGE);
    check_range(
        "u16",
        &[],
        &[
            ("-1", "-1"),
            ("65536", "65536"),
            ("-65535", "-65535"),
            ("2**31 - 1", "2147483647"),
            ("-(2**31)", "-2147483648"),
            ("2**32", "4294967296"),
            ("2**53", "9007199254740992"),
        ],
    );
    check_never_taken_narrow("u16");
}

#[test]
fn i32_takes_its_range_alone() {
    check_range("i32", &["0", "1", "-1", "2**31 - 1", "-(2**31)", "0x12345678", "-0x12345678"], &HUGE);
    check_range(
        "i32",
        &[],
        &[
            ("2**31", "2147483648"),
            ("-(2**31) - 1", "-2147483649"),
            ("2**32 - 1", "4294967295"),
            ("2**32", "4294967296"),
            ("2**32 + 5", "4294967301"),
            ("2**53", "9007199254740992"),
            ("2**63", "9223372036854776000"),
            ("-(2**63)", "-9223372036854776000"),
        ],
    );
    check_never_taken_narrow("i32");
}

#[test]
fn u32_takes_its_range_alone() {
    check_range("u32", &["0", "1", "2**31 - 1", "2**31", "2**32 - 1", "0x81828384"], &HUGE);
    check_range(
        "u32",
        &[],
        &[
            ("-1", "-1"),
            ("-(2**31)", "-2147483648"),
            ("2**32", "4294967296"),
            ("2**53", "9007199254740992"),
            ("2**63", "9223372036854776000"),
        ],
    );
    check_never_taken_narrow("u32");
}

#[test]
fn signed_64_bits_take_numbers_and_big_ints() {
    for ty in ["i64", "isize"] {
        let numbers = [
            "0",
            "1",
            "-1",
            "2**31 - 1",
            "2**31",
            "-(2**31)",
            "2**32",
            "2**53",
            "-(2**53)",
            "2**53 + 2",
            "2**62",
            "2**63 - 1024",
            "-(2**63)",
        ];
        check_range(ty, &numbers, &[]);
        let big = [
            "0n",
            "1n",
            "-1n",
            "2n**31n",
            "-(2n**31n)",
            "2n**31n - 1n",
            "2n**32n",
            "2n**53n + 1n",
            "2n**63n - 1n",
            "-(2n**63n)",
            "0x0102030405060708n",
            "-0x0102030405060708n",
        ];
        check_range(ty, &big, &HUGE);
        check_range(ty, &[], &[("2**63", "9223372036854776000"), ("-(2**63) - 2048", "-9223372036854778000")]);
        let world = world(ty);
        // The low 64 bits count.
        world.check_calls(
            "id",
            ty,
            [
                ("2n**63n", Value("-(2n**63n)")),
                ("2n**64n", Value("0n")),
                ("2n**64n - 1n", Value("-1n")),
                ("-(2n**63n) - 1n", Value("2n**63n - 1n")),
                ("2n**100n + 7n", Value("7n")),
                ("-(2n**64n) - 7n", Value("-7n")),
                ("-0", Value("0n")),
            ],
        );
        check_never_taken(&world, ty, "an integer or a BigInt");
    }
}

#[test]
fn unsigned_64_bits_take_numbers_and_big_ints() {
    for ty in ["u64", "usize"] {
        let numbers = [
            "0",
            "1",
            "2**31 - 1",
            "2**31",
            "2**32",
            "2**53",
            "2**53 + 2",
            "2**63 - 1024",
            "2**63",
            "2**63 + 2048",
            "2**64 - 2048",
        ];
        check_range(ty, &numbers, &[]);
        let big = [
            "0n",
            "1n",
            "2n**31n",
            "2n**32n - 1n",
            "2n**53n + 1n",
            "2n**63n - 1n",
            "2n**63n",
            "2n**64n - 1n",
            "0x8182838485868788n",
        ];
        check_range(ty, &big, &HUGE);
        check_range(ty, &[], &[("-1", "-1"), ("-(2**31)", "-2147483648"), ("-(2**53)", "-9007199254740992")]);
        let world = world(ty);
        world.check_calls(
            "id",
            ty,
            [
                ("-1n", Value("2n**64n - 1n")),
                ("-(2n**31n)", Value("2n**64n - 2n**31n")),
                ("2n**64n", Value("0n")),
                ("-(2n**63n)", Value("2n**63n")),
                ("2n**100n + 7n", Value("7n")),
                ("-0", Value("0n")),
            ],
        );
        check_never_taken(&world, ty, "an integer or a BigInt");
    }
}

#[test]
fn minus_zero_is_an_integer() {
    for ty in ["i8", "u8", "i16", "u16", "i32", "u32"] {
        world(ty).check([("id(-0)", "0"), ("wide(-0)", "0n")]);
    }
}

#[test]
fn the_low_bits_of_a_register_are_the_result() {
    let types = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "isize", "usize", "bool"];
    let signatures = types.map(|ty| format!("() -> {ty}"));
    let functions = types.iter().zip(&signatures).map(|(&ty, signature)| (ty, "pattern", signature.as_str()));
    let world = World::new(functions);
    world.check([
        ("i8()", "-120"),
        ("u8()", "136"),
        ("i16()", "-30840"),
        ("u16()", "34696"),
        ("i32()", "-2054781048"),
        ("u32()", "2240186248"),
        ("i64() === BigInt.asIntN(64, 0x8182838485868788n)", "true"),
        ("u64() === 0x8182838485868788n", "true"),
        ("isize() === i64()", "true"),
        ("usize() === u64()", "true"),
        // C's bool is the lowest byte, and all but 0 is true.
        ("bool()", "true"),
    ]);
    world.add("falsehood", "pattern_over_zero", "() -> bool");
    world.check([("falsehood()", "false")]);
}

#[test]
fn small_and_large_big_ints_are_made() {
    let world = World::new([("id", "id_i64", "(i64) -> i64"), ("unsigned", "id_u64", "(u64) -> u64")]);
    world.check([
        ("id(2**31 - 1)", "2147483647n"),
        ("id(2**31)", "2147483648n"),
        ("id(-(2**31))", "-2147483648n"),
        ("id(-(2**31) - 1)", "-2147483649n"),
        ("unsigned(2**31 - 1)", "2147483647n"),
        ("unsigned(2**31)", "2147483648n"),
        ("unsigned(2**32 - 1)", "4294967295n"),
        ("unsigned(-1n)", "18446744073709551615n"),
        ("id(-1n) + 1n", "0n"),
        ("id(5) === 5n", "true"),
        ("id(2**40) === 2n**40n", "true"),
    ]);
}
