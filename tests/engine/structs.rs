//! Structs and unions by value.

use crate::world::Expected::{Error, Value};
use crate::world::World;

const S16: &str = "struct {f64, i32, f32}";

fn world() -> World {
    World::new([
        ("s3", "id_s3", "(struct {u8[3]}) -> struct {u8[3]}"),
        ("s8", "id_s8", "(struct {i32, i16, u8, u8}) -> struct {i32, i16, u8, u8}"),
        ("floats", "id_floats", "(struct {f32, f32}) -> struct {f32, f32}"),
        ("s16", "id_s16", "(struct {f64, i32, f32}) -> struct {f64, i32, f32}"),
        ("s24", "id_s24", "(struct {i64[3]}) -> struct {i64[3]}"),
        ("s32", "id_s32", "(struct {2*struct {f64, i32, f32}}) -> struct {2*struct {f64, i32, f32}}"),
        ("s64", "id_s64", "(struct {f64[8]}) -> struct {f64[8]}"),
        ("number", "id_number", "(union {i64, f64}) -> union {i64, f64}"),
        ("make_s8", "make_s8", "(i32, i16, u8, u8) -> struct {i32, i16, u8, u8}"),
        ("make_s16", "make_s16", "(f64, i32, f32) -> struct {f64, i32, f32}"),
        ("swap", "swap", "(struct {2*struct {f64, i32, f32}}) -> struct {2*struct {f64, i32, f32}}"),
        ("exchange", "exchange", "(struct {f32, f32}) -> struct {f32, f32}"),
        ("sum64", "sum64", "(struct {f64[8]}) -> f64"),
        (
            "mixture",
            "mixture",
            "(i8, struct {f64, i32, f32}, f64, struct {i64[3]}, u8, struct {i32, i16, u8, u8}) -> f64",
        ),
        ("clear", "clear", "(struct {i64[3]})"),
        ("first_of_six", "first_of_six", "() -> struct {i64[6]}"),
    ])
}

const SIZES: [(&str, usize); 8] =
    [("s3", 3), ("s8", 8), ("floats", 8), ("s16", 16), ("s24", 24), ("s32", 32), ("s64", 64), ("number", 8)];

#[test]
fn every_byte_goes_in_and_out() {
    let world = world();
    for (name, size) in SIZES {
        let bytes: Vec<_> = (1..=size).map(|byte| (byte + 0x20).to_string()).collect();
        let bytes = bytes.join(",");
        let shown = format!("Uint8Array[{bytes}]");
        let call = |argument: &str| world.show(&format!("{name}({argument})"));
        assert_eq!(call(&format!("bytes({bytes})")), shown);
        assert_eq!(call(&format!("bytes({bytes}).buffer")), shown);
        assert_eq!(call(&format!("new DataView(bytes({bytes}).buffer)")), shown);
        assert_eq!(call(&format!("new Int8Array(bytes({bytes}).buffer)")), shown);
        // More than it needs, and at any address.
        assert_eq!(call(&format!("bytes({bytes}, 1, 2, 3)")), shown);
        assert_eq!(call(&format!("bytes(9, 9, 9, {bytes}, 1).subarray(3)")), shown);
        assert_eq!(call(&format!("new DataView(bytes(9, {bytes}, 1).buffer, 1)")), shown);
        assert_eq!(call(&format!("{name}(bytes({bytes}))")), shown);
    }
}

/// Bytes that C does not write are zeros, not the stack's content.
#[test]
fn results_have_zeros_where_c_wrote_nothing() {
    let zeros = ",0".repeat(47);
    let world = world();
    for dirty in ["swap(new Float64Array(4).fill(NaN))", "id = s64(new Float64Array(8).fill(-1))"] {
        world.show(dirty);
        assert_eq!(world.show("first_of_six()"), format!("Uint8Array[1{zeros}]"));
    }
}

#[test]
fn results_are_new_arrays_of_their_own() {
    world().check([
        ("make_s8(0x04030201, 0x0605, 7, 8)", "Uint8Array[1,2,3,4,5,6,7,8]"),
        ("make_s8(-1, -2, 255, 0)", "Uint8Array[255,255,255,255,254,255,255,0]"),
        ("make_s16(1, 2, 0.5)", "Uint8Array[0,0,0,0,0,0,240,63,2,0,0,0,0,0,0,63]"),
        ("Object.getPrototypeOf(make_s8(1, 2, 3, 4)) === Uint8Array.prototype", "true"),
        ("make_s8(1, 2, 3, 4).buffer.byteLength", "8"),
        ("(() => { let a = bytes(1, 2, 3); let b = s3(a); b[0] = 9; return a })()", "Uint8Array[1,2,3]"),
        ("(() => { let a = s3(bytes(1, 2, 3)), b = s3(bytes(4, 5, 6)); return a })()", "Uint8Array[1,2,3]"),
    ]);
}

#[test]
fn members_are_where_c_has_them() {
    world().check([
        ("exchange(f32s(1.5, -2))", "Uint8Array[0,0,0,192,0,0,192,63]"),
        (
            "swap(join(make_s16(1, 2, 0.5), make_s16(2, 3, 1.5))).join() === \
             join(make_s16(2, 3, 1.5), make_s16(1, 2, 0.5)).join()",
            "true",
        ),
        ("sum64(f64s(1, 2, 4, 8, 16, 32, 64, 128))", "255"),
        ("mixture(1, make_s16(2, 3, 4), 5, i64s(0n, 0n, 6n), 7, make_s8(0, 0, 0, 8))", "87654321"),
        ("number(f64s(1))", "Uint8Array[0,0,0,0,0,0,240,63]"),
    ]);
}

#[test]
fn c_works_on_a_copy() {
    world().check([(
        "(() => { let a = i64s(1n, 2n, 3n); clear(a); return a.join() === i64s(1n, 2n, 3n).join() })()",
        "true",
    )]);
}

#[test]
fn short_buffers_and_other_values_are_refused() {
    let world = world();
    world.check_calls(
        "s16",
        S16,
        [
            ("bytes()", Error("0 bytes are too few: it has 16")),
            ("new Uint8Array(15)", Error("15 bytes are too few: it has 16")),
            ("new ArrayBuffer(15)", Error("15 bytes are too few: it has 16")),
            ("new Uint8Array(16).subarray(1)", Error("15 bytes are too few: it has 16")),
            ("new DataView(new ArrayBuffer(32), 17)", Error("15 bytes are too few: it has 16")),
            ("new DataView(new ArrayBuffer(32), 2, 8)", Error("8 bytes are too few: it has 16")),
            ("new Float64Array(1)", Error("8 bytes are too few: it has 16")),
            ("new Float64Array(2)", Value("new Uint8Array(16)")),
            ("null", Error("expected a buffer, not null")),
            ("undefined", Error("expected a buffer, not undefined")),
            ("", Error("expected a buffer, not undefined")),
            ("1", Error("expected a buffer, not a number")),
            ("1.5", Error("expected a buffer, not a number")),
            ("1n", Error("expected a buffer, not a BigInt")),
            ("false", Error("expected a buffer, not a boolean")),
            ("'0123456789abcdef'", Error("expected a buffer, not a string")),
            ("Symbol()", Error("expected a buffer, not a symbol")),
            ("({ length: 16 })", Error("expected a buffer, not an object")),
            ("[1, 2, 3]", Error("expected a buffer, not an object")),
            ("s16", Error("expected a buffer, not a function")),
        ],
    );
    world.set_global("there", world.pointer(16 as _));
    world.check_calls("s16", S16, [("there", Error("expected a buffer, not a pointer"))]);
}
