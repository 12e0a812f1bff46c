//! The reasons why a signature does not have code.

use std::error::Error as StdError;

use crate::convention::plan::{Loc, PlanError};
use crate::engine::fast_call::check::FastCallError;

/// The reason why a trampoline, a thunk or a stub could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JitError {
    /// hotcall does not know the C calling convention of this machine.
    #[error("no calling convention is known for this machine")]
    Host,
    /// A callback cannot know the contents of a variable argument list.
    #[error("a callback cannot be variadic")]
    VariadicCallback,
    /// The signature exceeds a limit.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The code generator failed.
    #[error("generating code: {0}")]
    Codegen(#[source] Box<dyn StdError + Send + Sync>),
    /// The convention uses a place that generated and universal code cannot reach.
    #[error("code here cannot reach the place {loc}")]
    #[expect(missing_docs, reason = "the message says what the field is")]
    Place { loc: Loc },
    /// Memory for code is exhausted.
    #[error("mapping memory for code: {0}")]
    Memory(#[source] Box<dyn StdError + Send + Sync>),
    /// A native function of the fast-call entry does not fit the C function.
    #[error(transparent)]
    FastCall(#[from] FastCallError),
    /// A callback is to be a function of script, and the engine's model does not describe how one is called.
    #[error("the engine's model does not describe its call function")]
    CallFunction,
    /// A result that is not a struct or a union cannot be written to a destination.
    #[error("the result is not a struct or a union, so it cannot be written to a buffer")]
    DestinationResult,
    /// The destination of a result is one argument more than the function has parameters.
    #[error("with a buffer for its result, a function has at most {max} parameters")]
    #[expect(missing_docs, reason = "the message says what the field is")]
    DestinationArgument { max: usize },
    /// Functions of the fast-call entry need generated code. Without it engines must call in another way.
    #[error("code cannot be generated here")]
    NoCode,
    /// Without generated code, trampolines and callbacks use addresses that are part of the program. All of these are
    /// in use.
    #[error("without code generation there are {max} addresses for functions and callbacks, and all are in use")]
    #[expect(missing_docs, reason = "the message says what the field is")]
    Stubs { max: usize },
}

impl JitError {
    #[cfg(feature = "cranelift")]
    pub(crate) fn codegen(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Codegen(error.into())
    }

    pub(crate) fn memory(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Memory(error.into())
    }
}
