//! Errors that end a command. A line names the step, the symbol and the argument. The place in a text follows.

use std::io;

use hotcall::{JitError, LayoutError, SignatureError, Type};

use crate::declaration::error::SourceError;
use crate::value::error::ValueError;

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Hotcall(#[from] hotcall::Error),
    #[error("{}{}", .error.after_step("cannot read the declaration: ", ""), hint(.option))]
    Declaration { error: SourceError, option: Option<&'static str> },
    #[error("cannot call {symbol}: it takes {expected}, and {given} {} given{}", is(.given), hint(.option))]
    Count { symbol: String, expected: ArgumentCount, given: usize, option: Option<&'static str> },
    #[error("cannot call {symbol}: argument {}{} ({ty}): {error}", index + 1, spaced(name))]
    Argument { symbol: String, index: usize, name: Option<String>, ty: Type, error: Box<ValueError> },
    #[error("cannot call {symbol}: {source}")]
    Signature { symbol: String, source: SignatureError },
    #[error("the callback of {symbol}, argument {}, panicked", index + 1)]
    Panic { symbol: String, index: usize },
    #[error("cannot lay out the types of {symbol}: {source}")]
    Layout { symbol: String, source: LayoutError },
    #[error("cannot explain {symbol}: {source}")]
    Explain { symbol: String, source: JitError },
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

fn spaced(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!(" {name}")).unwrap_or_default()
}

fn is(count: &usize) -> &'static str {
    if *count == 1 { "is" } else { "are" }
}

/// Says why an option among the arguments is not one.
fn hint(option: &Option<&str>) -> String {
    let hint = |option| format!(" (options stand before the declaration: {option} is an argument here)");
    option.map(hint).unwrap_or_default()
}

impl From<SourceError> for CommandError {
    fn from(error: SourceError) -> Self {
        Self::Declaration { error, option: None }
    }
}

/// The number of arguments that a function takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ArgumentCount {
    Exactly(usize),
    /// For a variadic function.
    AtLeast(usize),
}

impl std::fmt::Display for ArgumentCount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (words, count) = match *self {
            Self::Exactly(count) => ("", count),
            Self::AtLeast(count) => ("at least ", count),
        };
        write!(f, "{words}{count} argument{}", if count == 1 { "" } else { "s" })
    }
}

impl CommandError {
    /// The lines that are shown below the message.
    pub(crate) fn lines(&self) -> &[String] {
        match self {
            Self::Declaration { error, .. } => error.lines(),
            Self::Argument { error, .. } => error.lines(),
            Self::Hotcall(_)
            | Self::Count { .. }
            | Self::Signature { .. }
            | Self::Panic { .. }
            | Self::Layout { .. }
            | Self::Explain { .. }
            | Self::Output(_) => &[],
        }
    }

    /// Returns true if the reader of the output has gone, which is not a failure of this program.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
