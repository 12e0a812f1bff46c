//! Scalars in every position.

use crate::fixtures;
use crate::types::SCALARS;

/// Each scalar at each position from 0 to 15 of sixteen, all others being `filler`, and as the result.
fn check_positions(name: &str, filler: fn(usize) -> &'static str) {
    let signatures = SCALARS.iter().flat_map(|scalar| {
        (0..16).map(move |position| {
            let params: Vec<_> = (0..16).map(|at| if at == position { scalar } else { filler(at) }).collect();
            format!("({}) -> {scalar}", params.join(", "))
        })
    });
    fixtures::check(name, signatures);
}

#[test]
fn among_integers() {
    check_positions("among_integers", |_| "i32");
}

#[test]
fn among_floats() {
    check_positions("among_floats", |_| "f64");
}

#[test]
fn among_both() {
    check_positions("among_both", |at| if at % 2 == 0 { "u8" } else { "f32" });
}

#[test]
fn without_arguments() {
    fixtures::check("without_arguments", SCALARS.map(|scalar| format!("() -> {scalar}")));
    fixtures::check("without_anything", ["()"]);
}
