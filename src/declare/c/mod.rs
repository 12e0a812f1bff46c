//! C text to declarations: a recursive-descent reader.
//!
//! A text is split into tokens (`lex`), and its directives are acted on (`source`, `directive`, `pragma`). The reader
//! (`reader`) goes over the tokens once, from declaration to declaration (`declaration`): specifiers (`specifier`), the
//! bodies of structs, unions and enums (`body`), declarators (`declarator`), attributes (`attribute`, `mode`) and
//! constant expressions (`expression`, `constant`, `literal`). It knows which names are types (`scope`), as C's grammar
//! requires. C's types
//! (`types`, `compatible`, `layout`, `notes`, `told`) and the platform's choices (`target`) say what the declarations mean (`symbol`). `alone`
//! reads the name of a type by itself.
//!
//! The text is untrusted. Brackets are matched in one pass, recursion is counted, and no token is read more often than a
//! fixed number of times. The exceptions are expanding macros and comparing types, which have a budget. A declaration that
//! cannot be read is skipped to its end, and its neighbours are kept.

mod alone;
mod attribute;
mod body;
mod compatible;
mod constant;
mod declaration;
mod declarator;
mod directive;
mod expression;
mod layout;
mod lex;
mod literal;
mod mode;
mod notes;
mod pragma;
mod reader;
mod scope;
mod source;
mod specifier;
mod symbol;
mod target;
mod told;
mod types;

pub(super) use self::alone::parse_type;
use self::reader::Reader;
use self::source::Source;
use self::target::DataModel;
use super::error::Short;
use super::{DeclarationError, Declarations, Position};

/// The longest text in bytes.
///
/// The headers of the largest libraries stay below it after the preprocessor. A header takes some ten times its length in
/// memory while it is read, and a text of nothing but commas some twenty times.
const MAX_TEXT: usize = 16 << 20;

/// Something wrong at one place of a text.
#[derive(Debug)]
struct Fault {
    /// The offset in the text.
    at: usize,
    kind: FaultKind,
}

#[derive(Debug)]
enum FaultKind {
    /// One declaration cannot be read.
    Syntax(Box<str>),
    /// The text as a whole cannot be read.
    Fatal(Box<str>),
    /// A name declared before as something else.
    Conflict(Box<str>),
}

impl Fault {
    fn new(at: usize, problem: impl Into<Box<str>>) -> Self {
        Self { at, kind: FaultKind::Syntax(problem.into()) }
    }

    fn fatal(at: usize, problem: impl Into<Box<str>>) -> Self {
        Self { at, kind: FaultKind::Fatal(problem.into()) }
    }

    fn conflict(at: usize, name: &str) -> Self {
        Self { at, kind: FaultKind::Conflict(name.into()) }
    }

    /// Returns whether it concerns one declaration, and not the whole text.
    const fn is_of_declaration(&self) -> bool {
        matches!(self.kind, FaultKind::Syntax(_))
    }

    fn error(self, text: &str, line_starts: &[usize]) -> DeclarationError {
        let at = position(line_starts, self.at.min(text.len()));
        match self.kind {
            FaultKind::Syntax(problem) | FaultKind::Fatal(problem) => {
                DeclarationError::Syntax { at, problem, near: near(text, self.at) }
            }
            FaultKind::Conflict(name) => DeclarationError::Conflict { at, name },
        }
    }
}

/// Where the lines after the first begin.
fn line_starts(text: &str) -> Vec<usize> {
    text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1).collect()
}

fn position(line_starts: &[usize], at: usize) -> Position {
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

pub(super) fn read(text: &str) -> Result<Declarations, DeclarationError> {
    if text.len() > MAX_TEXT {
        return Err(DeclarationError::TooLong { len: text.len(), max: MAX_TEXT });
    }
    let read = Source::new(text).and_then(|source| Reader::new(source, DataModel::host()).read());
    read.map_err(|fault| fault.error(text, &line_starts(text)))
}
