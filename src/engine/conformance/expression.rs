//! Expressions that the kit makes an engine evaluate.

use std::fmt;

use super::feature::Feature;
use super::value::ScriptValue;

/// An expression that an engine evaluates. Its [`Display`](fmt::Display) is JavaScript.
///
/// ```
/// use hotcall::engine::conformance::{Expression, ScriptValue};
///
/// let call = Expression::Call("same_f64".into(), vec![Expression::Value(ScriptValue::Number(-0.0))]);
/// assert_eq!(call.to_string(), "same_f64(-0)");
/// assert_eq!(call.describe(), "hotcallDescribe(same_f64(-0))");
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Expression {
    /// A new value.
    Value(ScriptValue),
    /// A whole number. The engine must keep it as a `double` if it has two classes for numbers.
    Double(f64),
    /// An integer of 64 bits, for languages whose numbers include them.
    Integer(i64),
    /// A global variable that [`Subject::define`](super::Subject::define) or
    /// [`Subject::callback`](super::Subject::callback) makes.
    Global(&'static str),
    /// An argument of the enclosing callback, or the value of the enclosing [`Let`](Self::Let).
    Argument(usize),
    /// A call of a global function.
    Call(String, Vec<Expression>),
    /// Evaluates the first expression, and then the others in turn. The first value is their
    /// [`Argument`](Self::Argument) 0. The value of the whole is that of the last one.
    Let(Box<Expression>, Vec<Expression>),
    /// Throws a message.
    Throw(&'static str),
    /// JavaScript source, which only engines with [`Feature::JavaScript`] get.
    Source(&'static str),
}

impl Expression {
    /// JavaScript that evaluates to the [text](ScriptValue) of the expression's value, for engines that have run
    /// [`PRELUDE`](super::PRELUDE).
    pub fn describe(&self) -> String {
        format!("hotcallDescribe({self})")
    }

    /// A JavaScript function with this number of parameters and this body.
    pub fn function(&self, parameters: usize) -> String {
        let parameters: Vec<_> = (0..parameters).map(|index| format!("a{index}")).collect();
        format!("(({}) => {self})", parameters.join(", "))
    }

    pub(super) fn call(function: &str, arguments: impl Into<Vec<Self>>) -> Self {
        Self::Call(function.into(), arguments.into())
    }

    pub(super) fn after(first: Self, then: impl Into<Vec<Self>>) -> Self {
        Self::Let(Box::new(first), then.into())
    }

    /// The first feature that the expression needs and the language lacks.
    pub(super) fn lacks(&self, has: &impl Fn(Feature) -> bool) -> Option<Feature> {
        let all = |of: &[Self]| of.iter().find_map(|expression| expression.lacks(has));
        let needed = match self {
            Self::Call(_, arguments) => return all(arguments),
            Self::Let(value, then) => return value.lacks(has).or_else(|| all(then)),
            Self::Double(_) | Self::Argument(_) | Self::Global(_) | Self::Throw(_) => return None,
            Self::Source(_) => Feature::JavaScript,
            Self::Integer(_) => Feature::WideIntegers,
            Self::Value(value) => match value {
                ScriptValue::Undefined => Feature::Undefined,
                ScriptValue::BigInt(_) => Feature::BigInts,
                ScriptValue::Text(_) => Feature::Text,
                ScriptValue::Bytes(_) => Feature::Buffers,
                ScriptValue::Function => Feature::Functions,
                ScriptValue::Object => Feature::Objects,
                ScriptValue::Null | ScriptValue::Boolean(_) | ScriptValue::Number(_) => return None,
            },
        };
        Some(needed).filter(|&feature| !has(feature))
    }
}

impl From<ScriptValue> for Expression {
    fn from(value: ScriptValue) -> Self {
        Self::Value(value)
    }
}

fn list(f: &mut fmt::Formatter<'_>, of: &[Expression]) -> fmt::Result {
    of.iter().enumerate().try_for_each(|(index, expression)| {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{expression}")
    })
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => match value {
                ScriptValue::Undefined => f.write_str("undefined"),
                ScriptValue::Null => f.write_str("null"),
                ScriptValue::Boolean(truth) => write!(f, "{truth}"),
                ScriptValue::Number(number) if number.is_infinite() => {
                    f.write_str(if *number < 0.0 { "-Infinity" } else { "Infinity" })
                }
                ScriptValue::Number(number) if number.trunc() == *number && number.abs() < 1e15 => {
                    write!(f, "{number}")
                }
                ScriptValue::Number(number) => write!(f, "{number:?}"),
                ScriptValue::BigInt(integer) => write!(f, "{integer}n"),
                ScriptValue::Text(text) => write!(f, "{text:?}"),
                ScriptValue::Bytes(bytes) => write!(f, "new Uint8Array({bytes:?})"),
                ScriptValue::Function => f.write_str("(() => {})"),
                ScriptValue::Object => f.write_str("({})"),
            },
            // The sum of two doubles is a double, even if its value fits an integer.
            Self::Double(number) => write!(f, "({} - 0.5)", number + 0.5),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Global(name) => f.write_str(name),
            Self::Argument(index) => write!(f, "a{index}"),
            Self::Call(function, arguments) => {
                write!(f, "{function}(")?;
                list(f, arguments)?;
                f.write_str(")")
            }
            Self::Let(value, then) => {
                f.write_str("(a0 => (")?;
                list(f, then)?;
                write!(f, "))({value})")
            }
            Self::Throw(message) => write!(f, "(() => {{ throw new Error({message:?}) }})()"),
            Self::Source(source) => f.write_str(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_javascript() {
        let number = |number| Expression::Value(ScriptValue::Number(number));
        for (expression, source) in [
            (number(-0.0), "-0"),
            (number(5e-324), "5e-324"),
            (number(f64::NAN), "NaN"),
            (number(1e300), "1e300"),
            (number(4_294_967_296.0), "4294967296"),
            (Expression::Double(-1.0), "(-0.5 - 0.5)"),
            (ScriptValue::BigInt(-1).into(), "-1n"),
            (ScriptValue::Bytes([1, 2][..].into()).into(), "new Uint8Array([1, 2])"),
            (Expression::after(number(1.0), [Expression::Argument(0), number(2.0)]), "(a0 => (a0, 2))(1)"),
            (Expression::Throw("boom"), "(() => { throw new Error(\"boom\") })()"),
        ] {
            assert_eq!(expression.to_string(), source);
        }
        assert_eq!(Expression::Argument(1).function(2), "((a0, a1) => a1)");
    }
}
