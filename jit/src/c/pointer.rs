//! Facts about a pointer beside its address. They guide the conversion of values; layouts, plans and code do not depend
//! on them.

use std::fmt;
use std::sync::Arc;

use crate::c::definitions::{Direction, FunctionType, Length, Pointer, Signature, Target, Type, Uncompared};

impl Pointer {
    /// Makes a pointer to this target, without further details.
    pub fn new(target: Target) -> Self {
        let depth = Uncompared(target.depth().saturating_add(1));
        Self { target, constant: false, length: None, direction: None, freed_by: None, depth }
    }

    /// Returns the pointer as one whose target is not written through it (`const`).
    pub fn constant(self) -> Self {
        Self { constant: true, ..self }
    }

    /// Returns the pointer as one to the first of several elements.
    pub fn with_length(self, length: Length) -> Self {
        Self { length: Some(length), ..self }
    }

    /// Returns the pointer with this direction of data.
    pub fn with_direction(self, direction: Direction) -> Self {
        Self { direction: Some(direction), ..self }
    }

    /// Returns the pointer as a result that the caller owns, and gives back to the function of this name.
    pub fn with_freed_by(self, function: impl Into<Arc<str>>) -> Self {
        Self { freed_by: Some(function.into()), ..self }
    }

    /// Returns the target.
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Returns true if the target is `const`.
    pub const fn is_const(&self) -> bool {
        self.constant
    }

    /// Returns the number of elements that it points to, if it is known.
    pub const fn length(&self) -> Option<&Length> {
        self.length.as_ref()
    }

    /// Returns the direction of data, if it is known.
    pub const fn direction(&self) -> Option<Direction> {
        self.direction
    }

    /// Returns the function that frees the result's target, if one is named.
    pub fn freed_by(&self) -> Option<&str> {
        self.freed_by.as_deref()
    }

    /// Returns the number of pointers, aggregates and arrays between this pointer and the last type that it leads to.
    pub(crate) const fn depth(&self) -> u32 {
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
    /// Makes the type of a function with this signature.
    pub fn new(signature: Signature) -> Self {
        Self { signature, parameter_names: Uncompared(Arc::default()) }
    }

    /// Returns the parameters' names by index. The list may be shorter than the parameters.
    pub const fn parameter_names(&self) -> &Arc<[Option<Box<str>>]> {
        &self.parameter_names.0
    }

    /// Returns the type with these names of its parameters.
    pub fn with_names(self, names: impl IntoIterator<Item = Option<Box<str>>>) -> Self {
        Self { parameter_names: Uncompared(names.into_iter().collect()), ..self }
    }

    /// Returns the parameters and the result.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns the name of a parameter, if it has one.
    pub fn parameter_name(&self, index: usize) -> Option<&str> {
        self.parameter_names.0.get(index)?.as_deref()
    }
}

/// Writes the pointer in C's notation, with hotcall's names of types.
impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.constant { "const " } else { "" })?;
        write!(f, "{} *", self.target)
    }
}

/// Shows one level: pointers inside a target are shown as `pointer`.
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
