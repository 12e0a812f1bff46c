//! Aggregates of other forms than a list of scalars.

use hotcall_testing::types;

use crate::fixtures;

/// Each as an argument in registers where it fits, as one on the stack after an odd number of words, and as the result.
fn check(types: &[&str]) {
    let signatures = types.iter().flat_map(|ty| {
        [
            format!("({ty}) -> {ty}"),
            format!("(i8, {ty}, f32, {ty}, u16) -> {ty}"),
            format!("(7*i64, 9*f64, {ty}, i8, {ty}, f32)"),
        ]
    });
    fixtures::check(signatures);
}

#[test]
fn packed_structs_are_passed_and_returned() {
    check(&types::PACKED);
}

#[test]
fn aligned_structs_are_passed_and_returned() {
    check(&types::ALIGNED);
}

#[test]
fn unions_are_passed_and_returned() {
    check(&types::UNIONS);
}

#[test]
fn arrays_are_passed_and_returned() {
    check(&types::ARRAYS);
}

#[test]
fn nested_structs_are_passed_and_returned() {
    check(&types::NESTED);
}

#[test]
fn empty_structs_are_passed_and_returned() {
    check(&types::EMPTY);
}
