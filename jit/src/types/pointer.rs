//! What is known of a pointer. It guides those who convert values; layouts, plans and code do not depend on it.

use std::fmt;

use super::{Told, Type};
use crate::signature::Signature;

/// What a declaration says of a pointer beyond that it is one.
///
/// ```
/// use hotcall::{Direction, Length, Pointer, Target, Type};
///
/// // What `_Out_writes_(count) double *results` says.
/// let results = Pointer::new(Target::Type(Type::F64)).with_direction(Direction::Out).with_length(Length::Counted("count".into()));
/// assert_eq!(results.to_string(), "f64 *");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pointer {
    target: Target,
    constant: bool,
    length: Option<Length>,
    direction: Option<Direction>,
    freed_by: Option<Box<str>>,
    depth: Told<u32>,
}

/// What a pointer points to.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Nothing that is said (`void`).
    Void,
    /// An object of this type.
    Type(Type),
    /// A struct or union by its name, as it may point to itself: `struct point`, or the typedef's name of one without a tag.
    /// `Declarations::type_named` has it, if it is complete.
    Named(Box<str>),
    /// A function.
    Function(FunctionType),
    /// Something that hotcall has no type for, with the reason.
    Unsupported(Box<str>),
}

/// A function's type with its parameters' names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FunctionType {
    signature: Signature,
    parameter_names: Told<Box<[Option<Box<str>>]>>,
}

/// How many elements there are.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Length {
    /// As many as a parameter declared as an array has (`int a[4]`), of which C requires the caller to have no fewer only
    /// where it says `static` (C11 6.7.6.3p7).
    Elements(u64),
    /// As many as the parameter or member of this name says.
    Counted(Box<str>),
    /// As many bytes as the parameter or member of this name says.
    CountedBytes(Box<str>),
}

/// Which way data goes through a pointer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Direction {
    /// The callee reads.
    In,
    /// The callee writes, and does not read what was there.
    Out,
    /// The callee reads and writes.
    InOut,
}

impl Pointer {
    /// A pointer to this, of which nothing else is known.
    pub fn new(target: Target) -> Self {
        let depth = Told(target.depth().saturating_add(1));
        Self { target, constant: false, length: None, direction: None, freed_by: None, depth }
    }

    /// What it points to is not written through it (`const`).
    pub fn constant(self) -> Self {
        Self { constant: true, ..self }
    }

    /// It points to the first of so many elements.
    pub fn with_length(self, length: Length) -> Self {
        Self { length: Some(length), ..self }
    }

    /// Data goes this way.
    pub fn with_direction(self, direction: Direction) -> Self {
        Self { direction: Some(direction), ..self }
    }

    /// As a result: what it points to belongs to the caller, who gives it back to the function of this name.
    pub fn with_freed_by(self, function: impl Into<Box<str>>) -> Self {
        Self { freed_by: Some(function.into()), ..self }
    }

    /// What it points to.
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Whether what it points to is `const`.
    pub const fn is_const(&self) -> bool {
        self.constant
    }

    /// How many elements it points to, as far as that is said.
    pub const fn length(&self) -> Option<&Length> {
        self.length.as_ref()
    }

    /// Which way data goes, if that is said.
    pub const fn direction(&self) -> Option<Direction> {
        self.direction
    }

    /// The function that frees what a result points to, if one is named.
    pub fn freed_by(&self) -> Option<&str> {
        self.freed_by.as_deref()
    }

    /// How many pointers, aggregates and arrays lie between this and the last thing it leads to.
    pub(super) const fn depth(&self) -> u32 {
        self.depth.0
    }
}

impl Target {
    fn depth(&self) -> u32 {
        let of = |ty: &Type| ty.reach().through_pointers.0;
        match self {
            Self::Type(ty) => of(ty),
            Self::Function(function) => {
                let signature = &function.signature;
                signature.params().iter().chain(signature.result()).map(of).max().unwrap_or(0)
            }
            Self::Void | Self::Named(_) | Self::Unsupported(_) => 0,
        }
    }
}

impl FunctionType {
    /// A function with this signature.
    pub fn new(signature: Signature) -> Self {
        Self { signature, parameter_names: Told(Box::default()) }
    }

    /// With these names of its parameters.
    pub fn with_names(self, names: impl IntoIterator<Item = Option<Box<str>>>) -> Self {
        Self { parameter_names: Told(names.into_iter().collect()), ..self }
    }

    /// Its parameters and its result.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The name of a parameter, if it has one.
    pub fn parameter_name(&self, index: usize) -> Option<&str> {
        self.parameter_names.0.get(index)?.as_deref()
    }
}

/// As C would write it, with hotcall's names of types.
impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.constant { "const " } else { "" })?;
        write!(f, "{} *", self.target)
    }
}

/// One level deep: what a pointer points to that is pointed to is not shown.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("void"),
            Self::Type(ty) => ty.fmt(f),
            Self::Named(name) => f.write_str(name),
            Self::Function(function) => function.signature.fmt(f),
            Self::Unsupported(_) => f.write_str("?"),
        }
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointer({self})")
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}
