//! Faults in a text, and their places.

use crate::declare::error::{DeclarationError, Position, Quoted, Short};

/// A fault at one place of a text.
#[derive(Debug)]
pub(super) struct Fault {
    /// The offset in the text.
    pub(super) at: usize,
    pub(super) kind: FaultKind,
}

#[derive(Debug)]
pub(super) enum FaultKind {
    /// One declaration cannot be read.
    Syntax(Box<str>),
    /// The text as a whole cannot be read.
    Fatal(Box<str>),
    /// A name declared before as something else.
    Conflict(Box<str>),
}

impl Fault {
    pub(super) fn new(at: usize, problem: impl Into<Box<str>>) -> Self {
        Self { at, kind: FaultKind::Syntax(problem.into()) }
    }

    pub(super) fn fatal(at: usize, problem: impl Into<Box<str>>) -> Self {
        Self { at, kind: FaultKind::Fatal(problem.into()) }
    }

    pub(super) fn conflict(at: usize, name: &str) -> Self {
        Self { at, kind: FaultKind::Conflict(name.into()) }
    }

    /// Returns true if the fault concerns one declaration, and not the whole text.
    pub(super) const fn is_of_declaration(&self) -> bool {
        matches!(self.kind, FaultKind::Syntax(_))
    }

    pub(super) fn error(self, text: &str, line_starts: &[usize]) -> DeclarationError {
        let at = position(line_starts, self.at.min(text.len()));
        match self.kind {
            FaultKind::Syntax(problem) | FaultKind::Fatal(problem) => {
                DeclarationError::Syntax { at, problem, near: near(text, self.at) }
            }
            FaultKind::Conflict(name) => DeclarationError::Conflict { at, name },
        }
    }
}

/// The offsets at which the lines after the first begin.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1).collect()
}

pub(super) fn position(line_starts: &[usize], at: usize) -> Position {
    let before = line_starts.partition_point(|&start| start <= at);
    let start = before.checked_sub(1).map_or(0, |last| line_starts[last]);
    Position { line: before + 1, column: 1 + at - start }
}

/// The beginning of the text at a place, for messages: the rest of its line, shortened.
fn near(text: &str, at: usize) -> Box<str> {
    let rest = text.get(at..).unwrap_or_default();
    // A line may be as long as the text.
    let end = rest.char_indices().nth(64).map_or(rest.len(), |(end, _)| end);
    let line = rest[..end].lines().next().unwrap_or_default().trim_end();
    Short(line).to_string().into()
}

/// The problem with a name that is a macro.
pub(super) fn is_macro(name: &str) -> String {
    format!("{} is a macro; give the preprocessor's output instead (cc -E -P)", Quoted(name))
}
