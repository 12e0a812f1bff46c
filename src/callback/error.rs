//! Errors of callbacks: a callback cannot be made, or its handler asks a call for something that the call does not
//! have.
//!
//! Indices of arguments count from 0 in the data and from 1 in the messages.

use hotcall_jit::{JitError, LayoutError, Signature, Type};

use crate::slots::value_type::ValueType;

/// The reason why a callback, or the code for callbacks of a signature, cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum CallbackError {
    /// No code can be made that answers callbacks of the signature.
    #[error("cannot compile callbacks of type {signature}: {source}")]
    Compile { signature: Signature, source: Box<JitError> },
    /// A type that does not have a function's signature.
    #[error("cannot compile callbacks for a {ty}: {reason}")]
    Type { ty: Type, reason: Box<str> },
    /// Memory for a callback is missing.
    #[error("cannot make a callback: {source}")]
    Stub { source: Box<JitError> },
    /// A callback whose callers do not wait has a result.
    #[error("a callback that is not waited for returns nothing")]
    NoWaitResult,
    /// A callback whose callers do not wait takes a pointer. Its target may be gone when the handler runs.
    #[error("parameter {} of a callback that is not waited for is a pointer or holds one", index + 1)]
    NoWaitPointer { index: usize },
    /// A callback whose callers do not wait has a type that exceeds a limit.
    #[error("\"callback\": {source}")]
    Layout { source: LayoutError },
}

impl CallbackError {
    pub(crate) fn stub(source: JitError) -> Self {
        Self::Stub { source: Box::new(source) }
    }
}

/// A handler's request for something that its [call](crate::Call) does not have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum HandlerError {
    /// An argument that does not exist.
    #[error("the callback has {count} arguments: there is no argument {}", index.saturating_add(1))]
    NoArgument { index: usize, count: usize },
    /// The bytes of an argument that is not a struct or union, or does not exist.
    #[error("parameter {} of the callback is not a struct or union", index.saturating_add(1))]
    NotAggregate { index: usize },
    /// A result of another type than the callback's.
    #[error("cannot set the result of the callback ({}): {}", declared(*expected), given.is_given())]
    ResultType { expected: ValueType, given: ValueType },
    /// A result for a callback that returns nothing.
    #[error("the callback returns nothing")]
    ReturnsVoid,
    /// A slot for a result that is a struct or union.
    #[error("the callback returns a struct or union: use result_bytes")]
    ReturnsAggregate,
    /// Bytes for a result that is a scalar.
    #[error("the callback does not return a struct or union: use set_slot")]
    ReturnsScalar,
}

fn declared(ty: ValueType) -> String {
    match ty {
        ValueType::Scalar(scalar) => scalar.name().into(),
        ValueType::Bytes(_) => ty.to_string(),
        ValueType::Void => "void".into(),
    }
}
