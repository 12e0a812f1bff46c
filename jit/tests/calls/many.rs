//! As many arguments as a function may have.

use crate::fixtures;

#[test]
fn as_many_scalars_as_there_may_be_arrive() {
    let signatures = ["(255*i32) -> i64", "(255*f64) -> f64", "(255*u8)", "(255*f32) -> f32", "(255*bool) -> bool"];
    fixtures::check(signatures);
}

#[test]
fn as_many_arguments_of_kinds_in_turn_arrive() {
    let turns = |kinds: &[&str]| (0..255).map(|at| kinds[at % kinds.len()]).collect::<Vec<_>>().join(", ");
    let signatures = [
        format!("({}) -> i8", turns(&["i32", "f64"])),
        format!("({}) -> f32", turns(&["i8", "u16", "f32", "i64", "f64", "bool", "pointer"])),
        format!("({}) -> struct {{f32[5]}}", turns(&["struct {i32, f32, f64}", "i16", "struct {u8[3]}"])),
        format!("({}) -> struct {{f64, i8}}", turns(&["struct {u8[17]}", "f32", "struct {f64, u8[9]} aligned(16)"])),
    ];
    fixtures::check(signatures);
}

#[test]
fn as_many_aggregates_as_there_may_be_arrive() {
    let signatures = [
        "(255*struct {i64, f64}) -> struct {i64, f64}",
        "(255*struct {u8[40]})",
        "(255*struct {u8[300]}) -> u8",
        "(255*struct {})",
    ];
    fixtures::check(signatures);
}
