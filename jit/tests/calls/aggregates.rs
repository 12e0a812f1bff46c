//! Aggregates of other forms than a list of scalars.

use crate::fixtures;

/// Each as an argument in registers where it fits, as one on the stack after an odd number of words, and as the result.
fn check(name: &str, types: &[&str]) {
    let signatures = types.iter().flat_map(|ty| {
        [
            format!("({ty}) -> {ty}"),
            format!("(i8, {ty}, f32, {ty}, u16) -> {ty}"),
            format!("(7*i64, 9*f64, {ty}, i8, {ty}, f32)"),
        ]
    });
    fixtures::check(name, signatures);
}

#[test]
fn packed() {
    check(
        "packed",
        &[
            "struct {u8, i32} packed(1)",
            "struct {i32, u8} packed(1)",
            "struct {u8, f32} packed(1)",
            "struct {u8, f64, u16} packed(1)",
            "struct {f64, u8} packed(1)",
            "struct {i16, i32, i16} packed(2)",
            "struct {i16, f64} packed(4)",
            "struct {i32, i64} packed(4)",
            "struct {u8, packed i32, u8, packed f64}",
            "struct {u8, struct {u8, i16} packed(1)}",
            "struct {f32, f32, f32, u8} packed(1)",
        ],
    );
}

#[test]
fn aligned() {
    check(
        "aligned",
        &[
            "struct {i32} aligned(8)",
            "struct {i32} aligned(16)",
            "struct {f32} aligned(16)",
            "struct {f64, f64} aligned(16)",
            "struct {u8[3]} aligned(16)",
            "struct {u8[33]} aligned(16)",
            "struct {i64, aligned(16) i64}",
            "struct {u8, aligned(16) f32}",
            "struct {u8, aligned(8) u8}",
            "struct {u8, struct {f64} aligned(16)}",
            "struct {u8, i32} packed(1) aligned(8)",
        ],
    );
}

#[test]
fn unions() {
    check(
        "unions",
        &[
            "union {i32, f32}",
            "union {f32, f64}",
            "union {u8[3], u16}",
            "union {f64, u8[9]}",
            "union {struct {f64, f64}, i32}",
            "union {struct {f64, f64}, struct {f32, f32, f32, i32}}",
            "union {u8[15], bool}",
            "union {f64[2], f32}",
            "union {u8[20], f64}",
            "struct {union {i32, f32}, f32, union {f64, f32}}",
        ],
    );
}

#[test]
fn arrays() {
    check(
        "arrays",
        &[
            "struct {u8[3]}",
            "struct {f32[2]}",
            "struct {f32[3]}",
            "struct {f32[4]}",
            "struct {f32[5]}",
            "struct {f64[2]}",
            "struct {i16[3], f32[2]}",
            "struct {u8[2][3]}",
            "struct {i32[2][2]}",
            "struct {struct {u8, i16}[3]}",
            "struct {struct {f32}[3]}",
            "struct {i32, u8[0]}",
        ],
    );
}

#[test]
fn nested() {
    check(
        "nested",
        &[
            "struct {struct {struct {i8}}}",
            "struct {struct {f32}, struct {f32, struct {f32}}}",
            "struct {struct {i8, i32}, f64}",
            "struct {struct {f32, i8}, struct {i8, f32}}",
            "struct {struct {i64, i8}, i8}",
            "struct {pointer, struct {function, text}}",
            "struct {struct {}, i32, struct {}}",
            "struct {bool, struct {bool, bool}, f32}",
        ],
    );
}

/// GNU C's empty structs take no place.
#[test]
fn empty() {
    check("empty", &["struct {}", "union {}", "struct {struct {}, u8[0]}"]);
}
