//! Structs by value: every size up to 64 bytes in every mix of classes, and registers exhausted around them.

use crate::fixtures;

/// A struct of exactly `size` bytes whose members begin as `pattern` says, in turn, and end with single bytes.
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

fn all_mixes() -> impl Iterator<Item = String> {
    (1..=64).flat_map(mixes)
}

#[test]
fn alone_and_as_result() {
    fixtures::check("alone", all_mixes().map(|ty| format!("({ty}) -> {ty}")));
}

#[test]
fn after_the_integer_registers() {
    fixtures::check("after_integers", all_mixes().map(|ty| format!("(6*i64, {ty}, i8, f32)")));
}

#[test]
fn after_the_float_registers() {
    fixtures::check("after_floats", all_mixes().map(|ty| format!("(8*f64, {ty}, f32, i8)")));
}

/// The classes of two eightbytes, and structs in memory of both alignments.
const KINDS: [&str; 9] = [
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

/// `n` integers and `m` floats before a struct, for every boundary, and small arguments after it: those find the registers
/// that the struct left.
#[test]
fn around_each_boundary() {
    let counts = (3..=7).flat_map(|ints| [0, 6, 7, 8, 9].map(|floats| (ints, floats)));
    let signatures = counts.flat_map(|(ints, floats)| {
        KINDS.map(|kind| format!("({ints}*i32, {floats}*f32, {kind}, i16, f64, u64, f32, {kind}, u8) -> i32"))
    });
    fixtures::check("boundaries", signatures);
}

/// A hidden result takes the first integer register.
#[test]
fn with_a_result_in_memory() {
    let signatures = (0..=6).flat_map(|ints| {
        KINDS.map(|kind| format!("({ints}*i64, {kind}, f32, i8, {kind}) -> struct {{u8[24], i64, {kind}}}"))
    });
    fixtures::check("hidden_result", signatures);
}

#[test]
fn as_results_after_arguments_of_all_kinds() {
    let signatures = KINDS.map(|kind| format!("(9*i32, 9*f64, {kind}, {kind}, {kind}, i8) -> {kind}"));
    fixtures::check("results", signatures);
}
