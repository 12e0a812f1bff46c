//! Arguments that exhaust the registers, and the context in every place that is left.

use hotcall_testing::types::KINDS;

use crate::fixtures;

/// Arguments that follow on the stack: structs behind odd words, with gaps in front of aligned ones.
const TAIL: &str = "struct {u8[20]}, struct {f64, i8, i64} aligned(16), struct {u8[3], i64[2]}, i8, f32";

/// Every number of integers and floats. So each register is left for the context once, and at the end none.
fn counts() -> impl Iterator<Item = String> {
    (0..=7).flat_map(|ints| (0..=9).map(move |floats| format!("{ints}*i32, {floats}*f32")))
}

#[test]
fn arguments_take_registers_one_by_one() {
    let signatures = counts().flat_map(|counts| [format!("({counts}) -> f32"), format!("({counts}, {TAIL})")]);
    fixtures::check(signatures);
}

/// A hidden result takes one more.
#[test]
fn a_result_in_memory_takes_one_more_register() {
    fixtures::check(counts().map(|counts| format!("({counts}, {TAIL}) -> struct {{u8[23]}}")));
}

/// Structs that find enough registers, or too few; small arguments find those that are left.
#[test]
fn structs_leave_registers_that_are_too_few() {
    let counts = (3..=7).flat_map(|ints| [0, 7, 8].map(|floats| (ints, floats)));
    let signatures = counts.flat_map(|(ints, floats)| {
        KINDS.map(|kind| format!("({ints}*i32, {floats}*f32, {kind}, i16, f64, u64, f32, {kind}, u8) -> {kind}"))
    });
    fixtures::check(signatures);
}

/// The tests above use all places: six integer registers, eight float registers, and the stack.
#[cfg(feature = "cranelift")]
#[test]
fn every_place_has_stubs_of_its_own() {
    use hotcall_jit::{Jit, Use};

    let jit = Jit::new().unwrap();
    let beginnings: std::collections::HashSet<_> = counts()
        .map(|counts| {
            let stub = jit
                .thunk(&hotcall_testing::notation::signature(&format!("({counts})")))
                .unwrap()
                .stubs(Use::Plain)
                .take()
                .unwrap();
            // SAFETY: a stub has 16 bytes of code.
            unsafe { stub.entry().cast::<[u8; 4]>().read() }
        })
        .collect();
    assert_eq!(beginnings.len(), 6 + 8 + 1);
}
