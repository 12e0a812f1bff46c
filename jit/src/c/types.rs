//! C types as data.
//!
//! A [`Type`] is sound by construction: its nesting and its number of nodes are bounded, so every later stage may
//! recurse over all of it. [`Layout`](crate::Layout) computes sizes and offsets.

use std::fmt;
use std::iter;
use std::sync::Arc;

use crate::c::definitions::{
    Aggregate, AggregateKind, Array, Field, Pointer, Reach, Target, Type, TypeKind, Uncompared,
};
use crate::c::limits::{MAX_NESTING, TypeError, checked_align};
use crate::c::members::check_names;
use crate::c::scalar::{Character, Pointee, Scalar};

#[expect(missing_docs, reason = "the names are those of the scalars")]
impl Type {
    pub const I8: Self = Self::of(Scalar::I8);
    pub const U8: Self = Self::of(Scalar::U8);
    pub const I16: Self = Self::of(Scalar::I16);
    pub const U16: Self = Self::of(Scalar::U16);
    pub const I32: Self = Self::of(Scalar::I32);
    pub const U32: Self = Self::of(Scalar::U32);
    pub const I64: Self = Self::of(Scalar::I64);
    pub const U64: Self = Self::of(Scalar::U64);
    pub const ISIZE: Self = Self::of(Scalar::Isize);
    pub const USIZE: Self = Self::of(Scalar::Usize);
    pub const BOOL: Self = Self::of(Scalar::Bool);
    pub const F32: Self = Self::of(Scalar::F32);
    pub const F64: Self = Self::of(Scalar::F64);
    pub const POINTER: Self = Self::of(Scalar::Pointer(Pointee::Opaque));
    pub const BUFFER: Self = Self::of(Scalar::Pointer(Pointee::Buffer));
    pub const TEXT: Self = Self::of(Scalar::Pointer(Pointee::Text));
    pub const FUNCTION: Self = Self::of(Scalar::Pointer(Pointee::Function));
}

impl Type {
    const fn of(scalar: Scalar) -> Self {
        Self { kind: TypeKind::Scalar(scalar), pointer: Uncompared(None), character: Uncompared(None) }
    }
}

impl Type {
    /// Makes a struct with C's layout. Fields are types, or pairs of a name and a type, or [`Field`]s.
    ///
    /// A field without a name whose type is a struct or union without a name is C11's anonymous member: its members
    /// count as those of the struct around it.
    ///
    /// # Errors
    ///
    /// Two members have one name; the type exceeds [`MAX_NESTING`](crate::MAX_NESTING) or
    /// [`MAX_NODES`](crate::MAX_NODES).
    pub fn structure<F: Into<Field>>(fields: impl IntoIterator<Item = F>) -> Result<Self, TypeError> {
        Self::aggregate(AggregateKind::Struct, fields.into_iter().map(Into::into).collect())
    }

    /// Makes a union. Its fields are given like the fields of a [struct](Self::structure).
    ///
    /// # Errors
    ///
    /// The errors of [`structure`](Self::structure).
    pub fn union<F: Into<Field>>(fields: impl IntoIterator<Item = F>) -> Result<Self, TypeError> {
        Self::aggregate(AggregateKind::Union, fields.into_iter().map(Into::into).collect())
    }

    fn aggregate(kind: AggregateKind, fields: Box<[Field]>) -> Result<Self, TypeError> {
        let inside = fields.iter().map(|field| field.ty().reach()).fold(Reach::NOTHING, Reach::beside);
        let reach = Reach::around(inside)?;
        check_names(&fields)?;
        let aggregate = Aggregate { kind, name: None, fields, packed: None, align: None, reach };
        Ok(TypeKind::Aggregate(Arc::new(aggregate)).into())
    }

    /// Makes an array of `len` elements, for use as a member.
    ///
    /// # Errors
    ///
    /// The type exceeds [`MAX_NESTING`](crate::MAX_NESTING) or [`MAX_NODES`](crate::MAX_NODES).
    pub fn array(element: Type, len: u32) -> Result<Self, TypeError> {
        Self::array_of(element, len, false)
    }

    /// Makes a flexible array member (`char data[]`), which C allows at the end of a struct.
    ///
    /// It is laid out like an array without elements. Compilers pass a struct that contains one by value in different
    /// ways.
    ///
    /// # Errors
    ///
    /// The type exceeds [`MAX_NESTING`](crate::MAX_NESTING).
    pub fn flexible_array(element: Type) -> Result<Self, TypeError> {
        Self::array_of(element, 0, true)
    }

    fn array_of(element: Type, len: u32, flexible: bool) -> Result<Self, TypeError> {
        let one = element.reach();
        let reach = Reach::around(Reach { nodes: one.nodes.saturating_mul(len), ..one })?;
        let counted_by = Uncompared(None);
        Ok(TypeKind::Array(Arc::new(Array { element, len, flexible, counted_by, reach })).into())
    }

    /// Returns the flexible array whose number of elements the member of this name holds. Other types do not change.
    pub fn counted_by(mut self, member: impl Into<Box<str>>) -> Self {
        if let TypeKind::Array(array) = &mut self.kind
            && array.flexible
        {
            Arc::make_mut(array).counted_by = Uncompared(Some(member.into()));
        }
        self
    }

    /// Returns the struct or union with no member aligned beyond `max` bytes, unless the member itself asks for it
    /// (`packed` is `packed(1)`).
    pub fn packed(self, max: u8) -> Result<Self, TypeError> {
        let max = checked_align(max)?;
        self.with_aggregate(|aggregate| aggregate.packed = Some(max))
    }

    /// Returns the struct or union aligned to at least `align` bytes.
    pub fn aligned(self, align: u8) -> Result<Self, TypeError> {
        let align = checked_align(align)?;
        self.with_aggregate(|aggregate| aggregate.align = aggregate.align.max(Some(align)))
    }

    /// Returns the struct or union with these members in place of its own.
    ///
    /// # Errors
    ///
    /// This is not a struct or union; the errors of [`structure`](Self::structure).
    pub fn with_fields(self, fields: impl IntoIterator<Item = Field>) -> Result<Self, TypeError> {
        let Some(own) = self.as_aggregate() else { return Err(TypeError::NotAggregate { ty: self }) };
        let like = Self::aggregate(own.kind, fields.into_iter().collect())?;
        like.with_aggregate(|aggregate| {
            (aggregate.name, aggregate.packed, aggregate.align) = (own.name.clone(), own.packed, own.align);
        })
    }

    /// Returns the struct or union with a name for messages. Scalars and arrays do not change.
    pub fn named(mut self, name: impl Into<Box<str>>) -> Self {
        if let TypeKind::Aggregate(aggregate) = &mut self.kind {
            Arc::make_mut(aggregate).name = Some(name.into());
        }
        self
    }

    fn with_aggregate(mut self, change: impl FnOnce(&mut Aggregate)) -> Result<Self, TypeError> {
        let TypeKind::Aggregate(aggregate) = &mut self.kind else { return Err(TypeError::NotAggregate { ty: self }) };
        change(Arc::make_mut(aggregate));
        Ok(self)
    }

    /// Returns the pointer with details: its target, `const`, lengths.
    ///
    /// [`Type::TEXT`] and [`Type::BUFFER`] keep their kind. [`Type::pointer_to`] chooses the kind by the target.
    ///
    /// # Errors
    ///
    /// This is not a pointer; its target exceeds [`MAX_NESTING`](crate::MAX_NESTING) through pointers.
    pub fn with_pointer(self, pointer: Pointer) -> Result<Self, TypeError> {
        let TypeKind::Scalar(Scalar::Pointer(_)) = self.kind else { return Err(TypeError::NotPointer { ty: self }) };
        match pointer.depth() {
            0..=MAX_NESTING => Ok(Self { pointer: Uncompared(Some(Arc::new(pointer))), ..self }),
            _ => Err(TypeError::Nesting { max: MAX_NESTING }),
        }
    }

    /// Makes a pointer with these details: [`Type::FUNCTION`] or [`Type::POINTER`] with its target.
    ///
    /// ```
    /// use hotcall::{Pointer, Target, Type};
    ///
    /// # fn main() -> Result<(), hotcall::TypeError> {
    /// let exponent = Type::pointer_to(Pointer::new(Target::Type(Type::I32)))?;
    /// assert_eq!(exponent, Type::POINTER);
    /// assert!(matches!(exponent.pointer().unwrap().target(), Target::Type(ty) if *ty == Type::I32));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The target exceeds [`MAX_NESTING`](crate::MAX_NESTING) through pointers.
    pub fn pointer_to(pointer: Pointer) -> Result<Self, TypeError> {
        let ty = match pointer.target() {
            Target::Function(_) => Self::FUNCTION,
            Target::Void | Target::Type(_) | Target::Named(_) | Target::Unsupported(_) => Self::POINTER,
        };
        ty.with_pointer(pointer)
    }

    /// Returns the kind of the type, with its parts.
    pub const fn kind(&self) -> &TypeKind {
        &self.kind
    }

    /// Returns the scalar, if it is one.
    pub const fn as_scalar(&self) -> Option<Scalar> {
        match self.kind {
            TypeKind::Scalar(scalar) => Some(scalar),
            TypeKind::Aggregate(_) | TypeKind::Array(_) => None,
        }
    }

    /// Returns the struct or union, if it is one.
    pub fn as_aggregate(&self) -> Option<&Aggregate> {
        match &self.kind {
            TypeKind::Aggregate(aggregate) => Some(aggregate),
            TypeKind::Scalar(_) | TypeKind::Array(_) => None,
        }
    }

    /// Returns the array, if it is one.
    pub fn as_array(&self) -> Option<&Array> {
        match &self.kind {
            TypeKind::Array(array) => Some(array),
            TypeKind::Scalar(_) | TypeKind::Aggregate(_) => None,
        }
    }

    /// Returns the known facts about a pointer. `None` if the type is not a pointer, or nothing is known, which holds
    /// for Deno's own types.
    pub fn pointer(&self) -> Option<&Pointer> {
        self.pointer.0.as_deref()
    }

    /// Returns the integer type as one whose values are characters. Types compare without this.
    ///
    /// # Errors
    ///
    /// This is not an integer type.
    pub fn with_character(self, character: Character) -> Result<Self, TypeError> {
        match self.kind {
            TypeKind::Scalar(scalar) if scalar.is_integer() => {
                Ok(Self { character: Uncompared(Some(character)), ..self })
            }
            TypeKind::Scalar(_) | TypeKind::Aggregate(_) | TypeKind::Array(_) => {
                Err(TypeError::NotInteger { ty: self })
            }
        }
    }

    /// Returns C's character type, if the type was declared as one.
    pub const fn character(&self) -> Option<Character> {
        self.character.0
    }

    /// Returns true if an equal type also carries equal information for users. Pointers are compared by identity, so
    /// that the comparison ends soon. Two that were made separately count as different.
    pub(crate) fn tells_as(&self, other: &Self) -> bool {
        if self.character() != other.character() {
            return false;
        }
        match (&self.pointer.0, &other.pointer.0) {
            (Some(one), Some(other)) => return Arc::ptr_eq(one, other),
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => return false,
        }
        match (&self.kind, &other.kind) {
            (TypeKind::Aggregate(one), TypeKind::Aggregate(other)) => Arc::ptr_eq(one, other) || one.tells_as(other),
            (TypeKind::Array(one), TypeKind::Array(other)) => Arc::ptr_eq(one, other) || one.tells_as(other),
            // Equal types have one kind.
            (TypeKind::Scalar(_) | TypeKind::Aggregate(_) | TypeKind::Array(_), _) => true,
        }
    }

    pub(crate) fn nodes(&self) -> u32 {
        self.reach().nodes
    }

    pub(crate) fn reach(&self) -> Reach {
        match &self.kind {
            TypeKind::Scalar(_) => {
                let through_pointers = Uncompared(self.pointer().map_or(0, Pointer::depth));
                Reach { through_pointers, ..Reach::SCALAR }
            }
            TypeKind::Aggregate(aggregate) => aggregate.reach,
            TypeKind::Array(array) => array.reach,
        }
    }
}

impl From<Scalar> for Type {
    fn from(scalar: Scalar) -> Self {
        Self::of(scalar)
    }
}

impl From<TypeKind> for Type {
    fn from(kind: TypeKind) -> Self {
        Self { kind, pointer: Uncompared(None), character: Uncompared(None) }
    }
}

/// Prints the type as messages do. [`Type::kind`] has the members.
impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Type({self})")
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TypeKind::Scalar(scalar) => scalar.fmt(f),
            TypeKind::Array(array) => write_array(array, f),
            TypeKind::Aggregate(aggregate) => aggregate.fmt(f),
        }
    }
}

/// Writes the innermost element and then the lengths, the outermost first, in C's order (`int a[2][3]` is `i32[2][3]`).
fn write_array(array: &Array, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let arrays = || iter::successors(Some(array), |array| array.element.as_array());
    if let Some(innermost) = arrays().last() {
        write!(f, "{}", innermost.element)?;
    }
    arrays().try_for_each(|array| if array.flexible { f.write_str("[]") } else { write!(f, "[{}]", array.len) })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
