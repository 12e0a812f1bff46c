//! Aggregates larger than registers: copied word by word up to 256 bytes, by `memcpy` beyond.

use crate::fixtures;

/// Every size around a word's end and around the change to `memcpy`, then some up to the limit.
fn sizes() -> impl Iterator<Item = u32> {
    (65..=81).chain((88..232).step_by(13)).chain(232..=300).chain([511, 1000, 4095, 4096, 4097, 8200, 65_535, 65_536])
}

#[test]
fn every_size_is_passed_and_returned() {
    let signatures = sizes().map(|size| format!("(struct {{u8[{size}]}}) -> struct {{u8[{size}]}}"));
    fixtures::check(signatures);
}

/// An odd number of stack words first, so that a 16-byte-aligned struct needs a gap.
#[test]
fn every_size_is_passed_between_other_arguments() {
    let large = sizes().filter(|&size| size < 60_000);
    let signatures = large.flat_map(|size| {
        let bytes = format!("struct {{u8[{size}]}}");
        let aligned = format!("struct {{u8[{size}]}} aligned(16)");
        [
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
