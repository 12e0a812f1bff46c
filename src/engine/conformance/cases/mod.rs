//! What is tried, and what must become of it.

mod arguments;
mod buffers;
mod callbacks;
mod life;
mod pointers;
mod scalars;
mod structs;

use super::kit::Kit;
use super::{Expression, Feature, Value};

pub(super) fn run(kit: &mut Kit<'_>) {
    scalars::run(kit);
    arguments::run(kit);
    pointers::run(kit);
    buffers::run(kit);
    structs::run(kit);
    callbacks::run(kit);
    life::run(kit);
}

const fn number(number: f64) -> Expression {
    Expression::Value(Value::Number(number))
}

const fn boolean(truth: bool) -> Expression {
    Expression::Value(Value::Boolean(truth))
}

const fn big(integer: i128) -> Expression {
    Expression::Value(Value::BigInt(integer))
}

const fn text(text: &'static str) -> Expression {
    Expression::Value(Value::Text(std::borrow::Cow::Borrowed(text)))
}

const fn bytes(bytes: &'static [u8]) -> Expression {
    Expression::Value(Value::Bytes(std::borrow::Cow::Borrowed(bytes)))
}

const UNDEFINED: Expression = Expression::Value(Value::Undefined);
const NULL: Expression = Expression::Value(Value::Null);

/// What a message says of a missing argument.
fn missing(kit: &Kit<'_>) -> &'static str {
    if kit.has(Feature::Undefined) { "undefined" } else { "null" }
}

/// The exception for an argument, counted from 0.
fn refused(function: &str, index: usize, ty: &str, problem: &str) -> String {
    format!("cannot call {function:?}: argument {} ({ty}): {problem}", index + 1)
}
