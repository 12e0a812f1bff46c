//! Errors of values on the command line that do not fit their parameters.

use std::fmt;

use hotcall::{CallbackError, LayoutError, Scalar, Type};

use crate::declaration::error::SourceError;
use crate::text::quote::{quote, shorten};

/// A value that does not fit, and its position in an argument.
#[derive(Debug)]
pub(crate) struct ValueError {
    /// The member inside the argument, outermost step last; empty for the argument itself.
    path: Vec<PathStep>,
    /// The member's type, if the message names it.
    ty: Option<Box<Type>>,
    kind: ValueErrorKind,
}

/// A step into an aggregate.
#[derive(Debug)]
pub(crate) enum PathStep {
    /// To a struct's or union's member by name.
    Name(Box<str>),
    /// To an array's element, or a member without a name, counted from 0.
    Index(usize),
}

/// The reason why a value does not fit. `given` is the word or JSON, shortened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValueErrorKind {
    #[error("{given} is out of range {min}..={max}")]
    Range { given: String, min: i128, max: i128 },
    #[error("{given} is too large for {scalar}")]
    TooLarge { given: String, scalar: Scalar },
    #[error("{given} is not a whole number")]
    Fraction { given: String },
    #[error("{given} begins with 0, and so is octal, where 8 and 9 are not digits: write it without the 0")]
    NotOctal { given: String },
    #[error("{given} is not {expected}")]
    Wrong { given: String, expected: &'static str },
    #[error("{given} is not {expected}{}", did_you_mean(.hint))]
    Name { given: Box<str>, expected: &'static str, hint: Option<Box<str>> },
    #[error("{given} is neither null, an address nor a callback (print, print:PROTOTYPE, compare:TYPE)")]
    Function { given: String },
    #[error("{given} is a callback, and the parameter is not a function pointer")]
    NotFunction { given: String },
    #[error("unknown type {name}, only {}", type_names())]
    TypeName { name: String },
    #[error("element [{index}] ({element}): {error}")]
    Element { index: usize, element: Type, error: Box<ValueError> },
    #[error("{}", .0.after_step("cannot read the prototype: ", "the prototype: "))]
    Prototype(Box<SourceError>),
    #[error("a prototype needs a name: {named}")]
    Nameless { named: String },
    #[error("the declaration does not say how the callback is called: write print:PROTOTYPE or print=RESULT:PROTOTYPE")]
    NoPrototype,
    #[error("a result is given, and the callback returns nothing")]
    NoResult,
    #[error("result ({ty}): {error}")]
    Result { ty: Type, error: Box<ValueError> },
    #[error(transparent)]
    Making(Box<hotcall::Error>),
    #[error("{given} needs the type that the parameter points to: {why}; write null, buffer:N or TYPE[]:A,B")]
    Pointee { given: String, why: String },
    #[error("`{by}` says how many values there are, and {}: write buffer:N or TYPE[]:A,B", uncounted(.given.as_deref()))]
    Counted { by: Box<str>, given: Option<Box<str>> },
    #[error("the declaration says how many values there are in a form that is not known: write {instead}")]
    Uncounted { instead: &'static str },
    #[error("a text cannot hold a zero character")]
    ZeroInText,
    #[error("no memory for a buffer of {len} bytes")]
    Memory { len: usize },
    #[error("{json} is not JSON for {what}: {source}")]
    Json { what: &'static str, json: String, source: serde_json::Error },
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

fn type_names() -> String {
    Scalar::ALL.iter().map(|scalar| scalar.name()).collect::<Vec<_>>().join(", ")
}

fn did_you_mean(hint: &Option<Box<str>>) -> String {
    hint.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

/// Says why an argument does not count values: its word is not a number of values, or it does not exist.
fn uncounted(given: Option<&str>) -> String {
    match given {
        Some(given) => format!("{given} is not a number of values"),
        None => "it is neither a parameter nor a constant".to_owned(),
    }
}

fn list(members: &[Box<str>]) -> String {
    if members.is_empty() { "members without names".to_owned() } else { members.join(", ") }
}

impl ValueErrorKind {
    /// `given` is shortened.
    pub(crate) fn wrong(given: &str, expected: &'static str) -> Self {
        Self::Wrong { given: shorten(given), expected }
    }

    pub(crate) fn json(what: &'static str, json: &[u8], source: serde_json::Error) -> Self {
        Self::Json { what, json: shorten(&String::from_utf8_lossy(json)), source }
    }

    /// A name that does not belong to a scalar type.
    pub(crate) fn type_name(name: &[u8]) -> Self {
        Self::TypeName { name: shorten(&quote(name)) }
    }
}

impl ValueError {
    /// The lines that are shown below the message: the place in a prototype.
    pub(crate) fn lines(&self) -> &[String] {
        if let ValueErrorKind::Prototype(error) = &self.kind { error.lines() } else { &[] }
    }

    /// Says that the value is this member of the one around it, of type `ty`.
    pub(crate) fn inside(mut self, step: PathStep, ty: &Type) -> Self {
        self.path.push(step);
        self.ty.get_or_insert_with(|| Box::new(ty.clone()));
        self
    }
}

impl From<SourceError> for ValueErrorKind {
    fn from(error: SourceError) -> Self {
        Self::Prototype(Box::new(error))
    }
}

impl From<hotcall::Error> for ValueErrorKind {
    fn from(error: hotcall::Error) -> Self {
        Self::Making(Box::new(error))
    }
}

impl From<CallbackError> for ValueErrorKind {
    fn from(error: CallbackError) -> Self {
        hotcall::Error::from(error).into()
    }
}

impl<K: Into<ValueErrorKind>> From<K> for ValueError {
    fn from(kind: K) -> Self {
        Self { path: Vec::new(), ty: None, kind: kind.into() }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ty) = &self.ty {
            f.write_str("member ")?;
            for (depth, step) in self.path.iter().rev().enumerate() {
                match step {
                    PathStep::Name(name) => write!(f, "{}{name}", if depth == 0 { "" } else { "." })?,
                    PathStep::Index(index) => write!(f, "[{index}]")?,
                }
            }
            write!(f, " ({ty}): ")?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for ValueError {}
