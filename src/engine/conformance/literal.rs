//! Short names for the expressions that the tables of cases are made of.

use std::borrow::Cow;

use super::expression::Expression;
use super::value::ScriptValue;

pub(super) const fn number(number: f64) -> Expression {
    Expression::Value(ScriptValue::Number(number))
}

pub(super) const fn boolean(truth: bool) -> Expression {
    Expression::Value(ScriptValue::Boolean(truth))
}

pub(super) const fn big(integer: i128) -> Expression {
    Expression::Value(ScriptValue::BigInt(integer))
}

pub(super) const fn text(text: &'static str) -> Expression {
    Expression::Value(ScriptValue::Text(Cow::Borrowed(text)))
}

pub(super) const fn bytes(bytes: &'static [u8]) -> Expression {
    Expression::Value(ScriptValue::Bytes(Cow::Borrowed(bytes)))
}

pub(super) const UNDEFINED: Expression = Expression::Value(ScriptValue::Undefined);
pub(super) const NULL: Expression = Expression::Value(ScriptValue::Null);
