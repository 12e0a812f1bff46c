//! Limits of types, and the errors for types that exceed them.

use crate::c::definitions::{Reach, Type, Uncompared};

/// The deepest nesting of structs, unions and arrays.
///
/// Later stages recurse over types. This limit keeps the deepest recursion far below the smallest thread stack. C code
/// nests a handful of levels.
pub const MAX_NESTING: u32 = 64;

/// The largest number of members, counted with repetition, that one type may have.
///
/// A struct of the largest size has at most 65,536 one-byte members. Members without size could be any number, and a
/// type built by doubling grows exponentially in the length of its declaration. The limit is twice 65,536, which leaves
/// room for nesting.
pub const MAX_NODES: u32 = 1 << 17;

/// The largest alignment of a type or a member, in bytes.
///
/// Generated code keeps the stack aligned to 16 bytes, as the calling conventions require, and not further.
pub const MAX_ALIGN: u8 = 16;

impl Reach {
    pub(crate) const SCALAR: Self = Self { depth: 0, nodes: 1, through_pointers: Uncompared(0) };
    pub(crate) const NOTHING: Self = Self { nodes: 0, ..Self::SCALAR };

    /// Returns the extent of a type whose members together have the extent `inside`.
    pub(crate) fn around(inside: Self) -> Result<Self, TypeError> {
        let outside = Self {
            depth: inside.depth + 1,
            nodes: inside.nodes.saturating_add(1),
            through_pointers: Uncompared(inside.through_pointers.0.saturating_add(1)),
        };
        if outside.depth > MAX_NESTING {
            return Err(TypeError::Nesting { max: MAX_NESTING });
        }
        if outside.nodes > MAX_NODES {
            return Err(TypeError::Nodes { max: MAX_NODES });
        }
        Ok(outside)
    }

    /// Returns the extent of types beside each other.
    pub(crate) fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            nodes: self.nodes.saturating_add(other.nodes),
            through_pointers: Uncompared(self.through_pointers.0.max(other.through_pointers.0)),
        }
    }
}

/// The reason why a type cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// See [`MAX_NESTING`].
    #[error("types nest deeper than {max} levels")]
    #[expect(missing_docs, reason = "the message says it")]
    Nesting { max: u32 },
    /// See [`MAX_NODES`].
    #[error("the type has more than {max} members, counted with repetition")]
    #[expect(missing_docs, reason = "the message says it")]
    Nodes { max: u32 },
    /// See [`MAX_ALIGN`].
    #[error("an alignment of {align} bytes is not a power of two up to {max}")]
    #[expect(missing_docs, reason = "the message says it")]
    Align { align: u64, max: u8 },
    /// Only structs and unions can be packed or aligned as a whole.
    #[error("{ty} is neither a struct nor a union")]
    #[expect(missing_docs, reason = "the message says it")]
    NotAggregate { ty: Type },
    /// Only pointers have a target.
    #[error("{ty} is not a pointer")]
    #[expect(missing_docs, reason = "the message says it")]
    NotPointer { ty: Type },
    /// Only integers are characters.
    #[error("{ty} is not an integer type")]
    #[expect(missing_docs, reason = "the message says it")]
    NotInteger { ty: Type },
    /// A struct or union has two members with one name, perhaps inside an anonymous member.
    #[error("two members are named `{}`", shortened(name))]
    #[expect(missing_docs, reason = "the message says it")]
    MemberTwice { name: Box<str> },
}

pub(crate) fn checked_align(align: u8) -> Result<u8, TypeError> {
    if align.is_power_of_two() && align <= MAX_ALIGN {
        Ok(align)
    } else {
        Err(TypeError::Align { align: align.into(), max: MAX_ALIGN })
    }
}

/// The longest name in a message, in characters.
const MAX_NAME: usize = 64;

fn shortened(name: &str) -> String {
    let mut short: String = name.chars().take(MAX_NAME).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}
