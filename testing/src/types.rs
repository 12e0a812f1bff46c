//! Types in the notation of [`crate::notation`], for arguments and results.

/// Every scalar.
pub const SCALARS: [&str; 14] =
    ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "isize", "usize", "bool", "f32", "f64", "pointer"];

/// The classes of two eightbytes, and structs in memory of both alignments.
pub const KINDS: [&str; 9] = [
    "struct {i64, i64}",
    "struct {i64, f64}",
    "struct {f64, i64}",
    "struct {f64, f64}",
    "struct {f32, f32, f32}",
    "struct {i32, u8[3]}",
    "struct {u8[17]}",
    "struct {f64, u8} aligned(16)",
    "struct {i64, f64, f32} aligned(16)",
];

/// Members that are not aligned.
pub const PACKED: [&str; 11] = [
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
];

/// Larger alignments.
pub const ALIGNED: [&str; 11] = [
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
];

/// Members over each other.
pub const UNIONS: [&str; 10] = [
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
];

/// Arrays inside of structs.
pub const ARRAYS: [&str; 12] = [
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
];

/// Structs inside of structs.
pub const NESTED: [&str; 8] = [
    "struct {struct {struct {i8}}}",
    "struct {struct {f32}, struct {f32, struct {f32}}}",
    "struct {struct {i8, i32}, f64}",
    "struct {struct {f32, i8}, struct {i8, f32}}",
    "struct {struct {i64, i8}, i8}",
    "struct {pointer, struct {function, text}}",
    "struct {struct {}, i32, struct {}}",
    "struct {bool, struct {bool, bool}, f32}",
];

/// GNU C's empty structs take no place.
pub const EMPTY: [&str; 3] = ["struct {}", "union {}", "struct {struct {}, u8[0]}"];

/// A struct of exactly `size` bytes. Its members have the types of `pattern` in turn, and single bytes at the end.
fn filled(size: u32, pattern: &[(&str, u32)]) -> String {
    let (mut members, mut at) = (Vec::new(), 0);
    for &(name, len) in pattern.iter().cycle() {
        if at + len > size {
            break;
        }
        members.push(name.to_owned());
        at += len;
    }
    let rest = size - at;
    if rest > 0 {
        members.push(format!("u8[{rest}]"));
    }
    format!("struct {{{}}}", members.join(", "))
}

/// All mixes for one size. Each member lies at a multiple of its size; `packed(1)` drops the padding at the end.
fn mixes(size: u32) -> Vec<String> {
    let patterns: [&[(&str, u32)]; 8] = [
        &[("u8", 1)],
        &[("i32", 4)],
        &[("i64", 8)],
        &[("f32", 4)],
        &[("f64", 8)],
        &[("f32", 4), ("i32", 4)],
        &[("i64", 8), ("f64", 8)],
        &[("f64", 8), ("f32", 4), ("i16", 2), ("bool", 1), ("u8", 1)],
    ];
    let mut mixes: Vec<_> = patterns.iter().map(|pattern| format!("{} packed(1)", filled(size, pattern))).collect();
    mixes.push(format!("struct {{{}*bool}}", size));
    mixes.dedup();
    mixes
}

/// Structs of 1 to 64 bytes in every mix of classes.
pub fn all_mixes() -> impl Iterator<Item = String> {
    (1..=64).flat_map(mixes)
}
