//! Errors of engines: what is thrown in script, and why a record cannot be made.
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
    /// A value that script passed, and that the parameter's type does not take.
    #[error("cannot call {function:?}: argument {} ({ty}): {problem}", index + 1)]
    Argument { function: Box<str>, index: usize, ty: Type, problem: Problem },
    /// A call after [`Library::close`](crate::Library::close).
    #[error(transparent)]
    Closed(#[from] ClosedError),
    /// A call of a record that does not have an address to call.
    #[error("the address of function {function:?} is null")]
    Null { function: Box<str> },
    /// There is no memory for the call.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A result that the engine does not make a value of; see [`Output`](super::Output).
    #[error("the engine has no value for {output}")]
    NoValue { output: &'static str },
    /// A value that script returned from a callback, and that the result's type does not take.
    #[error("a callback returned what is no {ty}: {problem}")]
    CallbackResult { ty: Type, problem: Problem },
}

/// Why a [record](super::Record) cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum RecordError {
    /// The engine's values are handles, of which machine code cannot make arguments.
    #[error("cannot make {function} a native function: the engine's values are handles")]
    Handles { function: Box<str> },
    /// No code can be made that the engine calls.
    #[error(transparent)]
    Compile(#[from] CompileError),
}
