//! Why a value given on the command line does not fit its parameter.

use std::fmt;

use hotcall::{LayoutError, Scalar, Type};

use crate::print::shorten;

/// A value that does not fit, and where in an argument it stands.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// The member inside the argument, outermost step last; empty for the argument itself.
    path: Vec<Step>,
    /// The member's type, where the message says it.
    ty: Option<Type>,
    kind: MisfitKind,
}

/// A step into an aggregate.
#[derive(Debug)]
pub(crate) enum Step {
    /// To a struct's or union's member by name.
    Name(Box<str>),
    /// To an array's element, or a member without a name, counted from 0.
    Index(usize),
}

/// What does not fit. `given` is what was written, shortened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MisfitKind {
    #[error("{given} is out of range {min}..={max}")]
    Range { given: String, min: i128, max: i128 },
    #[error("{given} is too large for {scalar}")]
    TooLarge { given: String, scalar: Scalar },
    #[error("{given} is not a whole number")]
    Fraction { given: String },
    #[error("{given} is not {expected}")]
    Wrong { given: String, expected: &'static str },
    #[error("{given} is neither null nor an address; callbacks cannot be given on the command line")]
    Callback { given: String },
    #[error("a text cannot hold a zero character")]
    ZeroInText,
    #[error("no memory for a buffer of {len} bytes")]
    Memory { len: usize },
    #[error("{json} is not JSON for a struct: {source}")]
    Json { json: String, source: serde_json::Error },
    #[error("member {name} is given twice")]
    Twice { name: String },
    #[error("member {name} is missing")]
    Missing { name: Box<str> },
    #[error("there is no member {name}, only {}", list(.members))]
    Unknown { name: String, members: Vec<Box<str>> },
    #[error("a union takes one member, not {given}: name one of {}", list(.members))]
    Union { given: usize, members: Vec<Box<str>> },
    #[error("the length is {given}, not {expected}")]
    Length { given: usize, expected: usize },
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

fn list(members: &[Box<str>]) -> String {
    if members.is_empty() { "members without names".to_owned() } else { members.join(", ") }
}

impl MisfitKind {
    /// `given` is shortened.
    pub(crate) fn wrong(given: &str, expected: &'static str) -> Self {
        Self::Wrong { given: shorten(given), expected }
    }
}

impl Misfit {
    /// Says that the value is this member of the one around it, of type `ty`.
    pub(crate) fn inside(mut self, step: Step, ty: &Type) -> Self {
        self.path.push(step);
        self.ty.get_or_insert_with(|| ty.clone());
        self
    }
}

impl<K: Into<MisfitKind>> From<K> for Misfit {
    fn from(kind: K) -> Self {
        Self { path: Vec::new(), ty: None, kind: kind.into() }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ty) = &self.ty {
            f.write_str("member ")?;
            for (depth, step) in self.path.iter().rev().enumerate() {
                match step {
                    Step::Name(name) => write!(f, "{}{name}", if depth == 0 { "" } else { "." })?,
                    Step::Index(index) => write!(f, "[{index}]")?,
                }
            }
            write!(f, " ({ty}): ")?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Misfit {}
