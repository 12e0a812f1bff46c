//! Values that the kit compares, and their text.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// JavaScript that defines `hotcallDescribe`, which makes the [text](ScriptValue) of a value.
pub const PRELUDE: &str = r#"
function hotcallDescribe(value) {
  if (value === null) return "null";
  switch (typeof value) {
    case "undefined": return "undefined";
    case "number": return "number " + (Object.is(value, -0) ? "-0" : String(value));
    case "bigint": case "boolean": case "string": return typeof value + " " + String(value);
    case "object": return value instanceof Uint8Array ? "Uint8Array " + value.join(",") : "object";
    default: return typeof value;
  }
}
"#;

/// A value of an engine, in as much detail as the kit distinguishes.
///
/// Its text is the one that [`PRELUDE`] makes of a JavaScript value: `undefined`, `null`, `boolean true`, `number -0`,
/// `bigint 18446744073709551615`, `string boom`, `Uint8Array 1,2,3`, `object`, `function`.
///
/// ```
/// use hotcall::engine::conformance::ScriptValue;
///
/// assert_eq!("number -0".parse(), Ok(ScriptValue::Number(-0.0)));
/// assert_eq!(ScriptValue::Bytes([1, 2, 3][..].into()).to_string(), "Uint8Array 1,2,3");
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum ScriptValue {
    /// The value that a function without a result returns.
    Undefined,
    /// The null pointer.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A BigInt. In languages without BigInts, an integer that a `double` cannot hold.
    BigInt(i128),
    /// A string.
    Text(Cow<'static, str>),
    /// Bytes that the engine owns: in JavaScript a `Uint8Array`.
    Bytes(Cow<'static, [u8]>),
    /// A function.
    Function,
    /// An object of another kind.
    Object,
}

impl fmt::Display for ScriptValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("undefined"),
            Self::Null => f.write_str("null"),
            Self::Boolean(truth) => write!(f, "boolean {truth}"),
            Self::Number(number) if number.trunc() == *number && number.abs() < 1e15 => write!(f, "number {number}"),
            Self::Number(number) => write!(f, "number {number:?}"),
            Self::BigInt(integer) => write!(f, "bigint {integer}"),
            Self::Text(text) => write!(f, "string {text}"),
            Self::Bytes(bytes) => {
                f.write_str("Uint8Array ")?;
                bytes.iter().enumerate().try_for_each(|(index, byte)| {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{byte}")
                })
            }
            Self::Function => f.write_str("function"),
            Self::Object => f.write_str("object"),
        }
    }
}

/// A text that does not describe a [`ScriptValue`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} describes no value")]
pub struct NoValue(Box<str>);

impl FromStr for ScriptValue {
    type Err = NoValue;

    fn from_str(text: &str) -> Result<Self, NoValue> {
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        let value = match kind {
            "undefined" => Some(Self::Undefined),
            "null" => Some(Self::Null),
            "boolean" => rest.parse().ok().map(Self::Boolean),
            "number" => rest.parse().ok().map(Self::Number),
            "bigint" => rest.parse().ok().map(Self::BigInt),
            "string" => Some(Self::Text(rest.to_owned().into())),
            "Uint8Array" => {
                let bytes: Result<Vec<_>, _> =
                    rest.split(',').filter(|byte| !byte.is_empty()).map(str::parse).collect();
                bytes.ok().map(|bytes| Self::Bytes(bytes.into()))
            }
            "function" => Some(Self::Function),
            "object" => Some(Self::Object),
            _ => None,
        };
        value.ok_or_else(|| NoValue(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read() {
        for (text, value) in [
            ("undefined", ScriptValue::Undefined),
            ("null", ScriptValue::Null),
            ("boolean false", ScriptValue::Boolean(false)),
            ("number 1e+21", ScriptValue::Number(1e21)),
            ("number -Infinity", ScriptValue::Number(f64::NEG_INFINITY)),
            ("bigint -1", ScriptValue::BigInt(-1)),
            ("string a b", ScriptValue::Text("a b".into())),
            ("string ", ScriptValue::Text("".into())),
            ("Uint8Array ", ScriptValue::Bytes(Cow::Borrowed(&[]))),
            ("Uint8Array 1,255", ScriptValue::Bytes(Cow::Borrowed(&[1, 255]))),
            ("object", ScriptValue::Object),
        ] {
            assert_eq!(text.parse().as_ref(), Ok(&value));
        }
        let Ok(ScriptValue::Number(nan)) = "number NaN".parse() else { panic!("NaN is a number") };
        assert!(nan.is_nan());
        for text in ["", "nothing", "number x", "Uint8Array 256", "bigint 1.5"] {
            assert!(text.parse::<ScriptValue>().is_err(), "{text}");
        }
    }
}
