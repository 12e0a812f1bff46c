//! The properties of a language that decide which cases it is tried with.

use std::fmt;

/// A property that a language may have or lack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Feature {
    /// It is JavaScript: whatever else the cases need is source that the engine can evaluate.
    JavaScript,
    /// Integers of 64 bits are another kind of value than numbers, as JavaScript's BigInts are.
    BigInts,
    /// Numbers include all integers of 64 bits with a sign. Not together with BigInts.
    WideIntegers,
    /// No integer is rounded: [`Engine::make`](crate::engine::Engine::make) throws for one of 64 bits that no number of the language
    /// holds. It may throw for every integer beyond ±2⁵³. Without this feature such integers become the nearest number. With
    /// BigInts it means nothing.
    ExactWide,
    /// What is missing is another value than the null pointer.
    Undefined,
    /// Strings.
    Text,
    /// Values with bytes, which structs and unions become too.
    Buffers,
    /// Objects that are nothing else.
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
