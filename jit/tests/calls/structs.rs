//! Structs by value: every size up to 64 bytes in every mix of classes, and registers exhausted around them.

use hotcall_testing::types::{KINDS, all_mixes};

use crate::fixtures;

#[test]
fn every_mix_is_passed_and_returned() {
    fixtures::check(all_mixes().map(|ty| format!("({ty}) -> {ty}")));
}

#[test]
fn every_mix_is_passed_after_the_integer_registers() {
    fixtures::check(all_mixes().map(|ty| format!("(6*i64, {ty}, i8, f32)")));
}

#[test]
fn every_mix_is_passed_after_the_float_registers() {
    fixtures::check(all_mixes().map(|ty| format!("(8*f64, {ty}, f32, i8)")));
}

/// `n` integers and `m` floats before a struct, for every boundary, and small arguments after it: those find the registers
/// that the struct left.
#[test]
fn structs_leave_registers_that_are_too_few() {
    let counts = (3..=7).flat_map(|ints| [0, 6, 7, 8, 9].map(|floats| (ints, floats)));
    let signatures = counts.flat_map(|(ints, floats)| {
        KINDS.map(|kind| format!("({ints}*i32, {floats}*f32, {kind}, i16, f64, u64, f32, {kind}, u8) -> i32"))
    });
    fixtures::check(signatures);
}

/// A hidden result takes the first integer register.
#[test]
fn a_result_in_memory_takes_the_first_integer_register() {
    let signatures = (0..=6).flat_map(|ints| {
        KINDS.map(|kind| format!("({ints}*i64, {kind}, f32, i8, {kind}) -> struct {{u8[24], i64, {kind}}}"))
    });
    fixtures::check(signatures);
}

#[test]
fn structs_are_returned_after_arguments_of_all_kinds() {
    let signatures = KINDS.map(|kind| format!("(9*i32, 9*f64, {kind}, {kind}, {kind}, i8) -> {kind}"));
    fixtures::check(signatures);
}
