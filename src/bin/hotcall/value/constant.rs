//! Constants by the names that declarations give them, alone or joined by `|`.

use hotcall::Scalar;
use hotcall::declare::{Constant, Declarations};

use crate::text::suggestion::suggestion;
use crate::value::error::ValueErrorKind;
use crate::value::number::{Number, NumberValue};

/// The bits of the constant of this name, or of several and numbers joined by `|`; `None` if a name is not declared.
pub(crate) fn bits(declarations: &Declarations, names: &str, scalar: Scalar) -> Option<Result<u64, ValueErrorKind>> {
    let text = match declarations.constant(names) {
        Some(Constant::Float(value)) => value.to_string(),
        Some(Constant::Int(value)) => value.to_string(),
        _ if names.contains('|') => {
            let mut all = 0;
            for name in names.split('|').map(str::trim) {
                match Number::parse(name) {
                    Some(number) if number.value() == NumberValue::NotOctal => return Some(number.to_bits(scalar)),
                    _ => all |= integer(declarations, name)?,
                }
            }
            all.to_string()
        }
        _ => return None,
    };
    Some(Number::parse(&text)?.to_bits(scalar))
}

/// The value of an integer constant, or of an integer.
fn integer(declarations: &Declarations, word: &str) -> Option<i128> {
    match declarations.constant(word) {
        Some(Constant::Int(value)) => Some(*value),
        Some(_) => None,
        None => Number::parse(word)?.integer(),
    }
}

/// The constant that may have been meant by the first of these names that is unknown.
pub(crate) fn nearest(declarations: &Declarations, names: &str) -> Option<String> {
    let unknown = names.split('|').map(str::trim).find(|name| integer(declarations, name).is_none())?;
    let numbers = declarations.constants().filter(|(_, value)| !matches!(value, Constant::Text(_)));
    suggestion(unknown, numbers.map(|(name, _)| name)).filter(|found| found != unknown)
}
