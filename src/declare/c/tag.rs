//! Structs, unions and enums by their tags (C11 6.7.2.3).

use super::node::{ByValue, QualType};
use super::notes::PointerNotes;

/// The kinds of types that have tags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TagKind {
    Struct,
    Union,
    Enum,
}

impl TagKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum => "enum",
        }
    }
}

/// A struct, union or enum.
pub(super) struct Tag<'t> {
    pub(super) kind: TagKind,
    pub(super) name: Option<&'t str>,
    pub(super) scope: TagScope,
    /// Its body is read, or being read.
    pub(super) defined: bool,
    /// Once it is complete.
    pub(super) value: Option<ByValue>,
    /// The members of a complete struct or union, with their places.
    pub(super) members: Vec<PlacedMember<'t>>,
}

/// A member at its place.
pub(super) struct PlacedMember<'t> {
    pub(super) name: Option<&'t str>,
    pub(super) ty: QualType,
    pub(super) notes: Option<Box<PointerNotes>>,
    /// The offset in bytes; `None` for bit-fields and behind members without a size.
    pub(super) offset: Option<u64>,
}

/// Where a tag is declared.
#[derive(Clone, Copy, Default)]
pub(super) struct TagScope {
    /// Its name is a tag, and not that of a typedef.
    pub(super) is_tagged: bool,
    pub(super) depth: usize,
    /// It is known from a prototype that has ended and did not define it. C cannot name it any more. It is kept, because
    /// texts that go on to define it mean this type; a tag of another kind takes its place.
    pub(super) left: bool,
}

impl TagScope {
    /// Returns whether the name belongs to the text's own scope.
    pub(super) const fn is_outermost(self) -> bool {
        self.depth == 0
    }
}

/// A point about which compilers differ.
pub(super) struct Warning<'t> {
    /// The struct or union with the member; `None` for a typedef.
    pub(super) tag: Option<usize>,
    /// The member or the typedef.
    pub(super) name: Option<&'t str>,
    pub(super) what: Box<str>,
}
