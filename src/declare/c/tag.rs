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
    /// True if its body was read, or is being read.
    pub(super) defined: bool,
    /// `Some` once the type is complete.
    pub(super) value: Option<ByValue>,
    /// The members of a complete struct or union, with their places.
    pub(super) members: Vec<PlacedMember<'t>>,
}

/// A member with its offset.
pub(super) struct PlacedMember<'t> {
    pub(super) name: Option<&'t str>,
    pub(super) ty: QualType,
    pub(super) notes: Option<Box<PointerNotes>>,
    /// The offset in bytes; `None` for bit-fields and after members without a size.
    pub(super) offset: Option<u64>,
}

/// The scope in which a tag is declared.
#[derive(Clone, Copy, Default)]
pub(super) struct TagScope {
    /// True if its name is a tag, and not that of a typedef.
    pub(super) is_tagged: bool,
    pub(super) depth: usize,
    /// True if a prototype that has ended declared it and did not define it. C cannot name it any more. It is kept,
    /// because some texts define it afterwards and mean this type. A tag of another kind replaces it.
    pub(super) left: bool,
}

impl TagScope {
    /// Returns true if the name belongs to the text's own scope.
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
