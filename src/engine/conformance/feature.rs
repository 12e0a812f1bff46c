//! The properties of a language that decide which cases it is tried with.

use std::fmt;

/// A property that a language may have or lack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Feature {
    /// The language is JavaScript: cases may give the engine any source.
    JavaScript,
    /// Integers of 64 bits are not numbers but values of another kind, like JavaScript's BigInts.
    BigInts,
    /// Numbers include all signed integers of 64 bits. Not together with BigInts.
    WideIntegers,
    /// No integer is rounded. [`Engine::make`](crate::engine::Engine::make) throws for a 64-bit integer that no number
    /// of the language holds, and may throw for every integer beyond ±2⁵³. Without this feature such integers become
    /// the nearest number. With BigInts the feature has no meaning.
    ExactWide,
    /// A missing argument is not the null pointer but another value.
    Undefined,
    /// Strings.
    Text,
    /// Values with bytes. Structs and unions become such values too.
    Buffers,
    /// Objects without another role.
    Objects,
    /// Functions are values.
    Functions,
    /// Values for addresses.
    Pointers,
    /// C can call script. Needs pointers.
    Callbacks,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JavaScript => "JavaScript",
            Self::BigInts => "BigInts",
            Self::WideIntegers => "64-bit integers among its numbers",
            Self::ExactWide => "exceptions in place of rounded integers",
            Self::Undefined => "undefined beside null",
            Self::Text => "strings",
            Self::Buffers => "buffers",
            Self::Objects => "objects",
            Self::Functions => "functions as values",
            Self::Pointers => "pointers",
            Self::Callbacks => "callbacks",
        })
    }
}
