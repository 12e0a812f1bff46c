//! Why a signature has no code.

use std::error::Error as StdError;

use crate::plan::PlanError;

/// Why a trampoline, a thunk or a stub could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JitError {
    /// hotcall does not know the C calling convention of this machine.
    #[error("no calling convention is known for this machine")]
    Host,
    /// This build has no code generator (feature `cranelift`, in hotcall `jit`).
    #[error("this build has no code generator")]
    NoGenerator,
    /// A callback cannot know what a variable argument list holds.
    #[error("a callback cannot be variadic")]
    VariadicCallback,
    /// The signature exceeds a limit.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The code generator failed.
    #[error("generating code: {0}")]
    Codegen(#[source] Box<dyn StdError + Send + Sync>),
    /// No memory for code.
    #[error("mapping memory for code: {0}")]
    Memory(#[source] Box<dyn StdError + Send + Sync>),
}

#[cfg(feature = "cranelift")]
impl JitError {
    pub(crate) fn codegen(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Codegen(error.into())
    }

    pub(crate) fn memory(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Memory(error.into())
    }
}
