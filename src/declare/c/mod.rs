//! C text to declarations.
//!
//! A text is split into tokens (`lex`), cleaned of what the grammar does not know (`clean`, with `attribute` and `pragma`),
//! parsed by tree-sitter, and its tree is read (`syntax`, `declarator`) with the help of C's types (`types`), constant
//! expressions (`constant`) and the platform's choices (`target`).
//!
//! The text is untrusted. Tokens are read in one pass, brackets nest to a limit, tree-sitter keeps its stacks on the heap
//! and is stopped at the first error, and what recurses over the tree counts how deep it is.

mod applied;
mod attribute;
mod body;
mod clean;
mod complete;
mod constant;
mod declarator;
mod directive;
mod lex;
mod mode;
mod pragma;
mod size_of;
mod symbol;
mod syntax;
mod target;
mod types;

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use self::clean::Clean;
use self::target::DataModel;
use super::error::Short;
use super::{DeclarationError, Declarations, MAX_TEXT, Position};

/// Something wrong at one place of a text.
#[derive(Debug)]
struct Fault {
    at: usize,
    kind: FaultKind,
}

#[derive(Debug)]
enum FaultKind {
    Syntax(Box<str>),
    /// A name declared before as something else.
    Conflict(Box<str>),
}

impl Fault {
    fn new(at: usize, problem: impl Into<Box<str>>) -> Self {
        Self { at, kind: FaultKind::Syntax(problem.into()) }
    }

    fn conflict(at: usize, name: &str) -> Self {
        Self { at, kind: FaultKind::Conflict(name.into()) }
    }

    fn error(self, text: &str) -> DeclarationError {
        self.error_in(text, &line_starts(text))
    }

    /// The same, for many faults of one text.
    fn error_in(self, text: &str, line_starts: &[usize]) -> DeclarationError {
        let at = position(line_starts, self.at.min(text.len()));
        match self.kind {
            FaultKind::Syntax(problem) => DeclarationError::Syntax { at, problem, near: near(text, self.at) },
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

/// The beginning of the text at a place, for messages: what is left of its line, shortened.
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
    read_for(text, DataModel::host()).map_err(|fault| fault.error(text))
}

fn read_for(text: &str, target: DataModel) -> Result<Declarations, Fault> {
    let clean = clean::clean(text)?;
    let tree = parse(&clean)?;
    syntax::read(&clean, tree.root_node(), target)
}

fn parse(clean: &Clean) -> Result<Tree, Fault> {
    let mut parser = Parser::new();
    let language = tree_sitter_c::LANGUAGE.into();
    parser.set_language(&language).map_err(|error| Fault::new(0, error.to_string()))?;
    // The parser mends errors at great length. The first one ends it.
    let mut failed_at = 0;
    let mut stop_at_error = |state: &ParseState| {
        failed_at = state.current_byte_offset();
        if state.has_error() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut stop_at_error);
    let code = clean.code.as_slice();
    let tree = parser.parse_with_options(&mut |at, _| code.get(at..).unwrap_or_default(), None, Some(options));
    match tree {
        Some(tree) if !tree.root_node().has_error() => Ok(tree),
        Some(tree) => Err(syntax_fault(clean, first_error(tree.root_node()))),
        None => Err(syntax_fault(clean, failed_at)),
    }
}

fn syntax_fault(clean: &Clean, at: usize) -> Fault {
    if at < clean.appended_at {
        return Fault::new(at, "this is not understood as a C declaration");
    }
    // In an expression of an attribute, or in a macro's body.
    let lines = clean.code[clean.appended_at..at.min(clean.code.len())].iter().filter(|&&byte| byte == b'\n').count();
    match lines.checked_sub(1).and_then(|line| clean.origins.get(line)) {
        Some(&origin) => Fault::new(origin, "this is used as an expression and is none"),
        None => Fault::new(clean.appended_at, "the text ends in the middle of a declaration"),
    }
}

/// Where the first error in a tree is.
fn first_error(root: Node<'_>) -> usize {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            return node.start_byte();
        }
        let mut found = cursor.goto_first_child();
        while found && !(cursor.node().has_error() || cursor.node().is_missing()) {
            found = cursor.goto_next_sibling();
        }
        if !found {
            return node.start_byte();
        }
    }
}
