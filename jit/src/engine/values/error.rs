//! Errors of models.

use crate::c::definitions::Type;

/// The reason why a [`ValueModel`](super::ValueModel) is inconsistent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum ModelError {
    #[error("values have 8 or 16 bytes, not {size}")]
    Size { size: u8 },
    #[error("the native function has {parameters} parameters and {roles} roles")]
    Roles { parameters: usize, roles: usize },
    #[error("the native function is variadic")]
    Variadic,
    #[error("no parameter has the role {role}")]
    Missing { role: &'static str },
    #[error("two parameters have the role {role}")]
    Twice { role: &'static str },
    #[error("parameter {} has the role {role} and the type {ty}", index + 1)]
    RoleType { index: usize, role: &'static str, ty: Type },
    #[error("the native function does not return {expected}")]
    Result { expected: &'static str },
    #[error("the call function has {parameters} parameters and {roles} roles")]
    CallRoles { parameters: usize, roles: usize },
    #[error("the call function is variadic")]
    CallVariadic,
    #[error("no parameter of the call function has the role {role}")]
    CallMissing { role: &'static str },
    #[error("two parameters of the call function have the role {role}")]
    CallTwice { role: &'static str },
    #[error("parameter {} of the call function has the role {role} and the type {ty}", index + 1)]
    CallRoleType { index: usize, role: &'static str, ty: Type },
    #[error("the call function does not return {expected}")]
    CallResult { expected: &'static str },
    #[error("the call function stores its result, although it returns a value")]
    CallResultTwice,
    #[error("the function that makes values of {of} has {parameters} parameters and {roles} roles")]
    MakeRoles { of: &'static str, parameters: usize, roles: usize },
    #[error("the function that makes values of {of} is variadic")]
    MakeVariadic { of: &'static str },
    #[error("no parameter of the function that makes values of {of} has the role {role}")]
    MakeMissing { of: &'static str, role: &'static str },
    #[error("two parameters of the function that makes values of {of} have the role {role}")]
    MakeTwice { of: &'static str, role: &'static str },
    #[error("parameter {} of the function that makes values of {of} has the role {role} and the type {ty}", index + 1)]
    MakeRoleType { of: &'static str, index: usize, role: &'static str, ty: Type },
    #[error("the function that makes values of {of} does not return {expected}")]
    MakeResult { of: &'static str, expected: &'static str },
    #[error("the function that makes values of {of} wants a context, and the engine passes none")]
    MakeContext { of: &'static str },
    #[error("the struct that describes a call has the arguments, and a parameter has the role {role} too")]
    InfoAndRole { role: &'static str },
    #[error("the model does not describe the struct of a call")]
    NoInfo,
    #[error(
        "a path to a field of the struct that describes a call is empty, or the number of arguments has not 4 or 8 bytes"
    )]
    InfoField,
    #[error("helpers get the addresses of values, which have {size} bytes instead of 8")]
    IndirectSize { size: u8 },
    #[error("helpers get the addresses of values, and the call function gets values")]
    IndirectCall,
    #[error("{class}: {problem}")]
    ModelClass { class: &'static str, problem: &'static str },
    #[error("some {class} pass the test of {other}")]
    Overlap { class: &'static str, other: &'static str },
}
