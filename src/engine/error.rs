//! Errors of engines: errors that are thrown in script, and reasons why a record cannot be made.
//!
//! Indices of arguments count from 0 in the data and from 1 in the messages.

use hotcall_jit::Type;

use super::problem::Problem;
use crate::function::error::CompileError;
use crate::library::error::ClosedError;

/// An error that an engine [throws](super::Engine::exception) in script.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum EngineError {
    /// A value that script passed is not one of the parameter's type.
    #[error("cannot call {function:?}: argument {} ({ty}): {problem}", index + 1)]
    Argument { function: Box<str>, index: usize, ty: Type, problem: Problem },
    /// A call after [`Library::close`](crate::Library::close).
    #[error(transparent)]
    Closed(#[from] ClosedError),
    /// A call of a record that does not have an address to call.
    #[error("the address of function {function:?} is null")]
    Null { function: Box<str> },
    /// Memory for the call is missing.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The engine does not make a value of a result; see [`Output`](super::Output).
    #[error("the engine has no value for {output}")]
    NoValue { output: &'static str },
    /// A value that script returned from a callback is not one of the result's type.
    #[error("a callback returned what is no {ty}: {problem}")]
    CallbackResult { ty: Type, problem: Problem },
}

/// The reason why a [record](super::Record) cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum RecordError {
    /// The engine's values are handles, which machine code cannot make arguments of.
    #[error("cannot make {function} a native function: the engine's values are handles")]
    Handles { function: Box<str> },
    /// No code can be made that the engine calls.
    #[error(transparent)]
    Compile(#[from] CompileError),
}
