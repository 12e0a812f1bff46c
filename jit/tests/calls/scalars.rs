//! Scalars in every position.

use hotcall_testing::types::SCALARS;

use crate::fixtures;

/// Each scalar at each position from 0 to 15 of sixteen, all others being `filler`, and as the result.
fn check_positions(filler: fn(usize) -> &'static str) {
    let signatures = SCALARS.iter().flat_map(|scalar| {
        (0..16).map(move |position| {
            let params: Vec<_> = (0..16).map(|at| if at == position { scalar } else { filler(at) }).collect();
            format!("({}) -> {scalar}", params.join(", "))
        })
    });
    fixtures::check(signatures);
}

#[test]
fn scalars_arrive_among_integers() {
    check_positions(|_| "i32");
}

#[test]
fn scalars_arrive_among_floats() {
    check_positions(|_| "f64");
}

#[test]
fn scalars_arrive_among_both() {
    check_positions(|at| if at % 2 == 0 { "u8" } else { "f32" });
}

#[test]
fn results_come_without_arguments() {
    fixtures::check(SCALARS.map(|scalar| format!("() -> {scalar}")));
    fixtures::check(["()"]);
}
