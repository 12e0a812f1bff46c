//! Errors of declarations: a declaration cannot be read or used.

use std::fmt::{self, Write as _};

/// A place in a declaration's text. Both numbers count from 1, and columns are bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The byte in the line.
    pub column: usize,
}

impl Position {
    /// The place of a byte in a line.
    pub const fn new(line: usize, column: usize) -> Self {
        Self { line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The reason why a declaration cannot be read or used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeclarationError {
    /// The C text is wrong at one place.
    #[error("{at}: {problem}{}", Near(near))]
    Syntax {
        /// The place of the error.
        at: Position,
        /// The problem.
        problem: Box<str>,
        /// The beginning of the offending text; may be empty.
        near: Box<str>,
    },
    /// A name is declared twice, differently.
    #[error("{at}: {} is declared before as something else", Quoted(name))]
    Conflict {
        /// The place of the second declaration.
        at: Position,
        /// The name.
        name: Box<str>,
    },
    /// The text exceeds the length limit.
    #[error("a declaration of {len} bytes is longer than {max}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// The JSON is wrong at one place.
    #[error("{}{problem}", JsonPlace(path, *at))]
    Json {
        /// The place as a path, such as `add.parameters[1]`; empty for the whole.
        path: Box<str>,
        /// The key of the symbol, if the fault lies in one.
        symbol: Option<Box<str>>,
        /// The index of the argument, counted from 0, if the fault lies in one.
        argument: Option<usize>,
        /// The reader's place in the text, if the fault is in the JSON syntax.
        at: Option<Position>,
        /// The problem.
        problem: Box<str>,
    },
    /// The symbol is declared, but cannot be used.
    #[error("{} cannot be used: {reason}", Quoted(symbol))]
    Unsupported {
        /// The symbol's key.
        symbol: Box<str>,
        /// The reason.
        reason: Box<str>,
    },
    /// Nothing is declared under this key.
    #[error("{} is not declared", Quoted(key))]
    Missing {
        /// The key that was asked for.
        key: Box<str>,
    },
    /// No function is declared.
    #[error("the text declares no function")]
    NoFunction,
    /// Two declarations have one key.
    #[error("{} is declared twice", Quoted(key))]
    Duplicate {
        /// The key.
        key: Box<str>,
    },
}

impl DeclarationError {
    /// The place in the text, if the error has one.
    ///
    /// ```
    /// # #[cfg(feature = "c-text")]
    /// # fn main() {
    /// use hotcall::declare::{Declarations, Position};
    ///
    /// let error = Declarations::from_c("int f(int").unwrap_err();
    /// assert_eq!(error.position(), Some(Position::new(1, 6)));
    /// # }
    /// # #[cfg(not(feature = "c-text"))]
    /// # fn main() {}
    /// ```
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Syntax { at, .. } | Self::Conflict { at, .. } => Some(*at),
            Self::Json { at, .. } => *at,
            Self::TooLong { .. }
            | Self::Unsupported { .. }
            | Self::Missing { .. }
            | Self::NoFunction
            | Self::Duplicate { .. } => None,
        }
    }
}

/// The number of characters of a foreign text that a message shows.
const MAX_SHOWN: usize = 48;

/// A piece of a foreign text for a message: short, and without control characters.
pub(super) struct Short<'a>(pub(super) &'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.char_indices().nth(MAX_SHOWN).map_or(self.0.len(), |(end, _)| end);
        for c in self.0[..end].chars() {
            match c {
                '\'' | '"' | '\\' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_debug())?,
            }
        }
        if end < self.0.len() { f.write_char('…') } else { Ok(()) }
    }
}

/// A piece of a foreign text for a message, in quotes.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", Short(self.0))
    }
}

/// ` near …`, or nothing.
struct Near<'a>(&'a str);

impl fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ", near `{}`", self.0) }
    }
}

/// `path: `, `line …: `, both or nothing.
struct JsonPlace<'a>(&'a str, Option<Position>);

impl fmt::Display for JsonPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            ("", None) => Ok(()),
            ("", Some(at)) => write!(f, "{at}: "),
            (path, None) => write!(f, "{path}: "),
            (path, Some(at)) => write!(f, "{path} ({at}): "),
        }
    }
}
