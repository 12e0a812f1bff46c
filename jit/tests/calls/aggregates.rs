//! Aggregates of other forms than a list of scalars.

use crate::{fixtures, types};

/// Each as an argument in registers where it fits, as one on the stack after an odd number of words, and as the result.
fn check(name: &str, types: &[&str]) {
    let signatures = types.iter().flat_map(|ty| {
        [
            format!("({ty}) -> {ty}"),
            format!("(i8, {ty}, f32, {ty}, u16) -> {ty}"),
            format!("(7*i64, 9*f64, {ty}, i8, {ty}, f32)"),
        ]
    });
    fixtures::check(name, signatures);
}

#[test]
fn packed() {
    check("packed", &types::PACKED);
}

#[test]
fn aligned() {
    check("aligned", &types::ALIGNED);
}

#[test]
fn unions() {
    check("unions", &types::UNIONS);
}

#[test]
fn arrays() {
    check("arrays", &types::ARRAYS);
}

#[test]
fn nested() {
    check("nested", &types::NESTED);
}

#[test]
fn empty() {
    check("empty", &types::EMPTY);
}
