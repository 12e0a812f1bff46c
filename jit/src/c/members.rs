//! Structs, unions and arrays: types made of others.

use std::fmt;

use crate::c::definitions::{Aggregate, AggregateKind, Array, Field, Type, TypeKind, Uncompared};
use crate::c::limits::{TypeError, checked_align};

impl Field {
    /// Makes a member with a name.
    pub fn new(name: impl Into<Box<str>>, ty: Type) -> Self {
        Self { name: Some(name.into()), ..Self::from(ty) }
    }

    /// Returns the member with another type.
    pub fn with_type(self, ty: Type) -> Self {
        Self { ty, ..self }
    }

    /// Returns the member aligned to at least `align` bytes, also inside a packed struct
    /// (`__attribute__((aligned(n)))`).
    pub fn aligned(self, align: u8) -> Result<Self, TypeError> {
        Ok(Self { align: self.align.max(Some(checked_align(align)?)), ..self })
    }

    /// Returns the member without its type's own alignment (`__attribute__((packed))` on one member).
    pub fn packed(self) -> Self {
        Self { packed: true, ..self }
    }

    /// Returns the member as one that must not be written (`const`). This is information for users: comparison ignores
    /// it.
    pub fn constant(self) -> Self {
        Self { constant: Uncompared(true), ..self }
    }

    /// Returns the member's name. C11's anonymous structs and unions, and Deno's fields, do not have a name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the member's type.
    pub const fn ty(&self) -> &Type {
        &self.ty
    }

    /// Returns the alignment asked for this member.
    pub const fn align(&self) -> Option<u8> {
        self.align
    }

    /// Returns true if the type's own alignment is ignored.
    pub const fn is_packed(&self) -> bool {
        self.packed
    }

    /// Returns true if the member is declared `const`.
    pub const fn is_const(&self) -> bool {
        self.constant.0
    }
}

impl From<Type> for Field {
    fn from(ty: Type) -> Self {
        Self { name: None, ty, packed: false, align: None, constant: Uncompared(false) }
    }
}

impl<S: Into<Box<str>>> From<(S, Type)> for Field {
    fn from((name, ty): (S, Type)) -> Self {
        Self::new(name, ty)
    }
}

impl Aggregate {
    /// Returns whether this is a struct or a union.
    pub const fn kind(&self) -> AggregateKind {
        self.kind
    }

    /// Returns the given name, without `struct` or `union`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns true if an equal struct or union also carries equal information for users.
    pub(crate) fn tells_as(&self, other: &Self) -> bool {
        let mut fields = self.fields.iter().zip(&other.fields);
        fields.all(|(one, other)| one.constant.0 == other.constant.0 && one.ty.tells_as(&other.ty))
    }

    /// Returns the members in order.
    pub const fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns the largest alignment of members that do not ask for one themselves, if it is limited.
    pub const fn pack(&self) -> Option<u8> {
        self.packed
    }

    /// Returns the alignment asked for the whole aggregate.
    pub const fn align(&self) -> Option<u8> {
        self.align
    }
}

impl Array {
    /// Returns true if an equal array also carries equal information for users.
    pub(crate) fn tells_as(&self, other: &Self) -> bool {
        self.counted_by.0 == other.counted_by.0 && self.element.tells_as(&other.element)
    }

    /// Returns the type of each element.
    pub const fn element(&self) -> &Type {
        &self.element
    }

    /// Returns the number of elements.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Returns `true` if the length is 0.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the name of the member that holds the number of elements of a flexible array.
    pub fn counted_by(&self) -> Option<&str> {
        self.counted_by.0.as_deref()
    }

    /// Returns true if this is a flexible array member.
    pub const fn is_flexible(&self) -> bool {
        self.flexible
    }
}

/// Checks that no two members have one name. Members of anonymous members count (C11 6.7.2.1p13).
pub(crate) fn check_names(fields: &[Field]) -> Result<(), TypeError> {
    let mut names = Vec::new();
    push_names(fields, &mut names);
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(TypeError::MemberTwice { name: pair[0].into() }),
        None => Ok(()),
    }
}

fn push_names<'a>(fields: &'a [Field], names: &mut Vec<&'a str>) {
    for field in fields {
        match (field.name(), field.ty.kind()) {
            (Some(name), _) => names.push(name),
            (None, TypeKind::Aggregate(inner)) if inner.name.is_none() => push_names(&inner.fields, names),
            (None, _) => {}
        }
    }
}

/// The number of members that a message shows of an aggregate without a name.
const MAX_SHOWN: usize = 32;

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            AggregateKind::Struct => "struct",
            AggregateKind::Union => "union",
        })?;
        if let Some(name) = &self.name {
            return write!(f, " {name}");
        }
        f.write_str(" {")?;
        for (index, field) in self.fields.iter().enumerate().take(MAX_SHOWN) {
            write!(f, "{}{}", if index == 0 { "" } else { ", " }, field.ty)?;
        }
        f.write_str(if self.fields.len() > MAX_SHOWN { ", …}" } else { "}" })
    }
}
