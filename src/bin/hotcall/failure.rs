//! What ends a command: one line that names the step, the symbol and the argument.

use std::io;

use hotcall::{LayoutError, SignatureError, Type};

use crate::misfit::Misfit;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Hotcall(#[from] hotcall::Error),
    #[error("the declaration declares no function")]
    NoFunction,
    #[error("cannot call {symbol}: it takes {expected}, and {given} are given")]
    Count { symbol: String, expected: Count, given: usize },
    #[error("cannot call {symbol}: argument {} ({ty}): {misfit}", index + 1)]
    Argument { symbol: String, index: usize, ty: Type, misfit: Misfit },
    #[error("cannot call {symbol}: {source}")]
    Signature { symbol: String, source: SignatureError },
    #[error("cannot print the result of {symbol}: {source}")]
    Result { symbol: String, source: LayoutError },
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    Exactly(usize),
    /// For a variadic function.
    AtLeast(usize),
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (words, count) = match *self {
            Self::Exactly(count) => ("", count),
            Self::AtLeast(count) => ("at least ", count),
        };
        write!(f, "{words}{count} argument{}", if count == 1 { "" } else { "s" })
    }
}

impl Failure {
    /// Whether the reader of the output has gone, which is its own business.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
