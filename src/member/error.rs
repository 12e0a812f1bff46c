//! Errors of members: a type does not have a member, or the member cannot be read or written.

use hotcall_jit::{LayoutError, Type};

use crate::slots::value_type::ValueType;

/// The reason why a member cannot be found, read or written.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum MemberError {
    /// The type exceeds a limit.
    #[error("{:?}: {source}", source.ty.to_string())]
    Layout { source: LayoutError },
    /// The type does not have a member of that name.
    #[error("{ty} has no member {member:?}")]
    NoMember { ty: Type, member: Box<str> },
    /// The type has fewer members or elements.
    #[error("{ty} has {len} members, and none with index {index}")]
    NoIndex { ty: Type, index: usize, len: usize },
    /// A path that does not consist of names, dots and indices in brackets.
    #[error("{path:?} is not a path to a member: byte {at} is unexpected")]
    Path { path: Box<str>, at: usize },
    /// An access by slot, where the member is a struct, a union or an array.
    #[error("the member at byte {offset} is {ty}, which has no slot")]
    Aggregate { ty: Type, offset: usize },
    /// A value of another type than the member's.
    #[error("cannot write the member at byte {offset} ({ty}): {}", given.is_given())]
    Type { ty: Type, offset: usize, given: ValueType },
    /// Bytes of another length than the member's type has.
    #[error("the member at byte {offset} is {ty} of {expected} bytes, not {given}")]
    Length { ty: Type, offset: usize, expected: usize, given: usize },
    /// The bytes end before the member does.
    #[error("the member at byte {offset} is {ty} and ends at byte {end}, and there are {given} bytes")]
    Bounds { ty: Type, offset: usize, end: usize, given: usize },
}
