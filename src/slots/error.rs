//! Errors of values.

use super::value_type::ValueType;

/// The C type of a value does not match the Rust type that it is converted to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot convert a value to {to}: it is {given}")]
#[non_exhaustive]
pub struct ConvertError {
    /// The name of the Rust type.
    pub to: &'static str,
    /// The type of the value.
    pub given: ValueType,
}
