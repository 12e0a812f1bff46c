//! The layout of a type: its size, its alignment and its scalar leaves.
//!
//! The rules are the C standard's, with the choices of System V and GNU. Each member lies at the next multiple of its
//! alignment. `packed` and `aligned` work as GCC documents them under "Common Type Attributes".

use std::fmt;

use crate::c::definitions::{Aggregate, AggregateKind, Field, Type, TypeKind};
use crate::c::scalar::Scalar;

/// The largest size of an aggregate in bytes.
///
/// Values of this size are copied to the stack at every call. Any sane interface passes larger ones by pointer, and
/// every caller would need a stack probe for each page of them.
pub const MAX_SIZE: u32 = 64 * 1024;

/// A type in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Layout {
    /// Size in bytes, a multiple of the alignment.
    pub size: u32,
    /// Alignment in bytes.
    pub align: u8,
    /// Every scalar inside, in the order of the members. Leaves of a union's members overlap.
    pub leaves: Vec<Leaf>,
}

/// A scalar at an offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Leaf {
    /// Bytes from the start of the outermost type.
    pub offset: u32,
    /// The scalar.
    pub scalar: Scalar,
}

/// The size of a type exceeds [`MAX_SIZE`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{ty} is larger than {MAX_SIZE} bytes")]
#[non_exhaustive]
pub struct LayoutError {
    /// The type, or the part of it that is too large by itself.
    pub ty: Type,
}

impl Layout {
    /// Lays out a type.
    ///
    /// # Errors
    ///
    /// The type is larger than [`MAX_SIZE`].
    pub fn of(ty: &Type) -> Result<Self, LayoutError> {
        let Extent { size, align } = Extent::of(ty)?;
        let mut leaves = Vec::new();
        push_leaves(ty, 0, &mut leaves)?;
        Ok(Self { size, align, leaves })
    }
}

/// Size and alignment alone: enough to place a type inside another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Size in bytes, a multiple of the alignment.
    pub size: u32,
    /// Alignment in bytes.
    pub align: u8,
}

impl Extent {
    /// Measures a type.
    ///
    /// # Errors
    ///
    /// The type is larger than [`MAX_SIZE`].
    pub fn of(ty: &Type) -> Result<Self, LayoutError> {
        match ty.kind() {
            TypeKind::Scalar(scalar) => Ok(Self { size: scalar.size(), align: scalar.size() as u8 }),
            TypeKind::Array(array) => {
                let Self { size, align } = Self::of(array.element())?;
                let size = size.checked_mul(array.len()).filter(|&size| size <= MAX_SIZE);
                size.map(|size| Self { size, align }).ok_or_else(|| LayoutError { ty: ty.clone() })
            }
            TypeKind::Aggregate(aggregate) => {
                let mut places = Places::of(aggregate);
                for place in &mut places {
                    place?;
                }
                places.finish().ok_or_else(|| LayoutError { ty: ty.clone() })
            }
        }
    }
}

/// An iterator over the offsets and extents of the members of a struct or union.
///
/// ```
/// use hotcall::{Places, Type};
///
/// let ty = Type::structure([Type::U8, Type::I32]).unwrap();
/// let offsets: Vec<u32> = Places::of(ty.as_aggregate().unwrap()).map(|place| place.unwrap().0).collect();
/// assert_eq!(offsets, [0, 4]);
/// ```
#[derive(Debug)]
pub struct Places<'a> {
    aggregate: &'a Aggregate,
    fields: std::slice::Iter<'a, Field>,
    /// The first offset at which the next struct member may begin.
    next: u32,
    /// The largest end so far.
    end: u32,
    align: u8,
}

impl<'a> Places<'a> {
    /// Begins with the first member of the aggregate.
    pub fn of(aggregate: &'a Aggregate) -> Self {
        let align = aggregate.align().unwrap_or(1);
        Self { aggregate, fields: aggregate.fields().iter(), next: 0, end: 0, align }
    }

    /// Returns size and alignment of the whole aggregate, after the last member. `None` if it is larger than
    /// [`MAX_SIZE`].
    fn finish(&self) -> Option<Extent> {
        let size = self.end.next_multiple_of(self.align.into());
        (size <= MAX_SIZE).then_some(Extent { size, align: self.align })
    }

    fn field_align(&self, field: &Field, natural: u8) -> u8 {
        let natural = if field.is_packed() { 1 } else { natural };
        let natural = self.aggregate.pack().map_or(natural, |max| natural.min(max));
        field.align().map_or(natural, |asked| natural.max(asked))
    }
}

impl<'a> Iterator for Places<'a> {
    type Item = Result<(u32, &'a Field), LayoutError>;

    fn next(&mut self) -> Option<Self::Item> {
        let field = self.fields.next()?;
        let extent = match Extent::of(field.ty()) {
            Ok(extent) => extent,
            Err(error) => return Some(Err(error)),
        };
        let align = self.field_align(field, extent.align);
        let offset = self.next.next_multiple_of(align.into());
        // A total beyond the limit stays just beyond it. So nothing overflows, and `finish` refuses it.
        let end = offset.saturating_add(extent.size).min(MAX_SIZE + 1);
        if self.aggregate.kind() == AggregateKind::Struct {
            self.next = end;
        }
        self.end = self.end.max(end);
        self.align = self.align.max(align);
        Some(Ok((offset, field)))
    }
}

fn push_leaves(ty: &Type, at: u32, leaves: &mut Vec<Leaf>) -> Result<(), LayoutError> {
    match ty.kind() {
        TypeKind::Scalar(scalar) => leaves.push(Leaf { offset: at, scalar: *scalar }),
        TypeKind::Array(array) => {
            let step = Extent::of(array.element())?.size;
            for index in 0..array.len() {
                push_leaves(array.element(), at + index * step, leaves)?;
            }
        }
        TypeKind::Aggregate(aggregate) => {
            for place in Places::of(aggregate) {
                let (offset, field) = place?;
                push_leaves(field.ty(), at + offset, leaves)?;
            }
        }
    }
    Ok(())
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "size {}, align {}", self.size, self.align)?;
        for leaf in &self.leaves {
            write!(f, "\n  {:>4}  {}", leaf.offset, leaf.scalar)?;
        }
        Ok(())
    }
}
