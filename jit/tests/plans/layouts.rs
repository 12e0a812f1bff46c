//! Sizes, alignments and the places of scalars, as the C standard and GCC's manual ("Common Type Attributes") have them. Other
//! tests give C compilers these types, and so assert that they agree.

use hotcall_jit::Layout;
use hotcall_testing::notation;

/// Size, alignment and the offset of each scalar.
const TABLE: &[(&str, u32, u8, &[u32])] = &[
    ("i8", 1, 1, &[0]),
    ("bool", 1, 1, &[0]),
    ("f64", 8, 8, &[0]),
    ("pointer", 8, 8, &[0]),
    // Padding between and behind members.
    ("struct {u8, i32}", 8, 4, &[0, 4]),
    ("struct {i64, u8}", 16, 8, &[0, 8]),
    ("struct {u8, u8, u16, u8}", 6, 2, &[0, 1, 2, 4]),
    ("struct {u8, f64, u8}", 24, 8, &[0, 8, 16]),
    // Nested structs keep their own padding.
    ("struct {struct {i64, u8}, u8}", 24, 8, &[0, 8, 16]),
    ("struct {u8, struct {u8, u16}}", 6, 2, &[0, 2, 4]),
    // Arrays.
    ("struct {u8[3]}", 3, 1, &[0, 1, 2]),
    ("struct {u8, i16[2]}", 6, 2, &[0, 2, 4]),
    ("struct {struct {u8, u16}[2], u8}", 10, 2, &[0, 2, 4, 6, 8]),
    ("struct {u8[2][2]}", 4, 1, &[0, 1, 2, 3]),
    ("struct {u8, i64[0]}", 8, 8, &[0]),
    // Unions.
    ("union {u8, i32}", 4, 4, &[0, 0]),
    ("union {u8[5], i32}", 8, 4, &[0, 1, 2, 3, 4, 0]),
    ("union {struct {u8, i64}, f32}", 16, 8, &[0, 8, 0]),
    // GNU C's empty ones.
    ("struct {}", 0, 1, &[]),
    ("struct {} aligned(8)", 0, 8, &[]),
    ("struct {u8, struct {} aligned(8)}", 8, 8, &[0]),
    // packed(n) bounds the members' alignment, and with it the whole's.
    ("struct {u8, i32} packed(1)", 5, 1, &[0, 1]),
    ("struct {u8, i32} packed(2)", 6, 2, &[0, 2]),
    ("struct {u8, i64, u8} packed(4)", 16, 4, &[0, 4, 12]),
    ("struct {u8, i16} packed(16)", 4, 2, &[0, 2]),
    // A packed struct's members keep their own inner layout.
    ("struct {u8, struct {u8, i32}} packed(1)", 9, 1, &[0, 1, 5]),
    ("struct {u8, packed i32, u8, u16}", 8, 2, &[0, 1, 5, 6]),
    // aligned(n) raises the alignment and rounds the size.
    ("struct {u8[3]} aligned(4)", 4, 4, &[0, 1, 2]),
    ("struct {i64} aligned(4)", 8, 8, &[0]),
    ("struct {i32, f32, u8} aligned(16)", 16, 16, &[0, 4, 8]),
    ("struct {u8, struct {u8} aligned(16)}", 32, 16, &[0, 16]),
    ("struct {u8, aligned(8) u8}", 16, 8, &[0, 8]),
    // Both: packed members in an aligned whole, and an aligned member in a packed one.
    ("struct {u8, i32} packed(1) aligned(8)", 8, 8, &[0, 1]),
];

#[test]
fn layouts_are_those_of_c() {
    for &(text, size, align, offsets) in TABLE {
        let signature = notation::signature(&format!("({text})"));
        let layout = Layout::of(&signature.params()[0]).unwrap();
        let found: Vec<u32> = layout.leaves.iter().map(|leaf| leaf.offset).collect();
        assert_eq!((layout.size, layout.align, &found[..]), (size, align, offsets), "{text}");
    }
}
