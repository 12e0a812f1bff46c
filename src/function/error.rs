//! Errors of functions: a function cannot be made, compiled or called.
//!
//! Indices of arguments count from 0 in the data and from 1 in the messages.

use hotcall_jit::{JitError, LayoutError, Type};

use crate::library::error::ClosedError;
use crate::slots::value_type::ValueType;

/// No code can be made that calls functions of the signature.
#[derive(Debug, thiserror::Error)]
#[error("cannot compile the call of {function:?}: {source}")]
#[non_exhaustive]
pub struct CompileError {
    /// The function's name.
    pub function: Box<str>,
    /// The step that failed.
    pub source: Box<JitError>,
}

impl CompileError {
    pub(crate) fn new(function: &str, source: JitError) -> Self {
        Self { function: function.into(), source: Box::new(source) }
    }
}

/// The reason why a function cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum FunctionError {
    /// The function's address is the null pointer.
    #[error("the address of function {function:?} is null")]
    Null { function: Box<str> },
    /// A type of the signature exceeds a limit.
    #[error("{function:?}: {source}")]
    Layout { function: Box<str>, source: LayoutError },
    /// No code can be made that calls the function.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

/// The reason why a call cannot be made. C was not called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum CallError {
    /// A call after [`Library::close`](crate::Library::close).
    #[error(transparent)]
    Closed(#[from] ClosedError),
    /// Code for the call cannot be made, for a lazy function or for capturing errno.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The number of arguments is not the number of parameters.
    #[error("function {function:?} takes {expected} arguments, not {given}")]
    ArgumentCount { function: Box<str>, expected: usize, given: usize },
    /// An argument does not have the parameter's type.
    #[error("cannot call {function:?}: argument {} ({ty}): {}", index + 1, given.is_given())]
    ArgumentType { function: Box<str>, index: usize, ty: Type, given: ValueType },
    /// The slot of a struct or union holds the null pointer.
    #[error("argument {} of function {function:?} is {ty}, and its slot is null", index + 1)]
    NullAggregate { function: Box<str>, index: usize, ty: Type },
    /// Bytes for a parameter that is not a struct or union, or does not exist.
    #[error("argument {} of function {function:?} is not a struct or union", index.saturating_add(1))]
    NotAggregate { function: Box<str>, index: usize },
    /// Bytes do not have the length of the parameter's type.
    #[error("argument {} of function {function:?} is {ty} of {expected} bytes, not {given}", index + 1)]
    AggregateLength { function: Box<str>, index: usize, ty: Type, expected: usize, given: usize },
    /// The result is a struct or union, which does not have a slot.
    #[error("function {function:?} returns {ty}: use call_slots_into")]
    AggregateResult { function: Box<str>, ty: Type },
    /// The result is not a struct or union.
    #[error("function {function:?} does not return a struct or union: use call_slots")]
    ScalarResult { function: Box<str> },
    /// Memory for the result does not have the length of the result's type.
    #[error("function {function:?} returns {ty} of {expected} bytes, not {given}")]
    ResultLength { function: Box<str>, ty: Type, expected: usize, given: usize },
}
