//! Structs and unions by value, in and out.

use hotcall_testing::types::{ALIGNED, ARRAYS, EMPTY, KINDS, NESTED, PACKED, UNIONS, all_mixes};

use crate::fixtures;

#[test]
fn every_size_is_passed_and_returned() {
    fixtures::check(all_mixes().map(|ty| format!("({ty}) -> {ty}")));
}

/// On the stack behind an odd number of words, where classes make no difference.
#[test]
fn every_size_is_passed_on_the_stack() {
    fixtures::check(all_mixes().step_by(4).map(|ty| format!("(7*i64, 8*f64, {ty}, i8, {ty})")));
}

#[test]
fn every_form_is_passed_and_returned() {
    let types = [&PACKED[..], &ALIGNED, &UNIONS, &ARRAYS, &NESTED, &EMPTY, &KINDS].concat();
    let signatures = types.iter().flat_map(|ty| {
        [
            format!("({ty}) -> {ty}"),
            format!("(i8, {ty}, f32, {ty}, u16) -> {ty}"),
            format!("(7*i64, 9*f64, {ty}, i8, {ty}, f32)"),
        ]
    });
    fixtures::check(signatures);
}

/// Zeroed and copied by straight code up to some size, and by loops beyond.
#[test]
fn large_sizes_are_passed_and_returned() {
    let sizes = (65..=81).chain(249..=275).chain([400, 1009, 1024, 1031, 4096, 8199, 60_000]);
    let signatures = sizes.flat_map(|size| {
        let bytes = format!("struct {{u8[{size}]}}");
        let aligned = format!("struct {{u8[{size}]}} aligned(16)");
        [
            format!("({bytes}) -> {bytes}"),
            format!("(7*i32, f32, {bytes}, i8, {bytes}, f64) -> f64"),
            format!("(7*i32, f32, {aligned}, i8, {aligned}, f64) -> {aligned}"),
        ]
    });
    fixtures::check(signatures);
}

#[test]
fn two_of_the_largest_fill_the_stack() {
    fixtures::check(["(struct {u8[65536]}, struct {u8[65536]}) -> struct {u8[65536]}"]);
}
