//! The bytes of structs, unions and arrays, read and written by member.

use hotcall_jit::{Extent, LayoutError, Places, Scalar, Type, TypeKind};

use super::error::MemberError;
use crate::slots::memory::{load, store};
use crate::slots::slot::Slot;
use crate::slots::value::Value;
use crate::slots::value_type::ValueType;

/// A part of a struct, union or array: its offset in the bytes of the whole, and its type.
///
/// A member is found once, and read and written in any number of values. The bytes need no alignment.
///
/// ```
/// use hotcall::{Member, Type, Value};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let point = Type::structure([("x", Type::F64), ("y", Type::F64)])?;
/// let line = Type::structure([("id", Type::U8), ("ends", Type::array(point, 2)?)])?;
/// let y = Member::at(&line, "ends[1].y")?;
/// assert_eq!(y.offset(), 32);
///
/// let mut bytes = [0; 40];
/// y.write(&mut bytes, 2.5)?;
/// assert_eq!(y.read(&bytes)?, Value::F64(2.5));
/// assert!(y.write(&mut bytes, 2).is_err(), "an i32 is not a double");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Member {
    offset: usize,
    size: usize,
    ty: Type,
}

impl Member {
    /// The whole of a type, at offset 0.
    ///
    /// # Errors
    ///
    /// The type exceeds the size limit.
    pub fn whole(ty: &Type) -> Result<Self, MemberError> {
        Self::new(0, ty)
    }

    /// The part of a type at a path: names joined by dots, indices in brackets, as in C (`ends[1].y`). The empty path is
    /// the whole.
    ///
    /// # Errors
    ///
    /// The path is malformed or does not lead to a member, or the type exceeds the size limit.
    pub fn at(ty: &Type, path: &str) -> Result<Self, MemberError> {
        let mut member = Self::whole(ty)?;
        let mut rest = path;
        while !rest.is_empty() {
            let first = rest.len() == path.len();
            let (step, after) = PathStep::first(rest, first)
                .ok_or_else(|| MemberError::Path { path: path.into(), at: path.len() - rest.len() })?;
            member = match step {
                PathStep::Name(name) => member.field(name)?,
                PathStep::Index(index) => member.index(index)?,
            };
            rest = after;
        }
        Ok(member)
    }

    /// The member with this name. The members of anonymous structs and unions count as the struct's own, as in C11.
    ///
    /// # Errors
    ///
    /// The type does not have a member of this name.
    pub fn field(&self, name: &str) -> Result<Self, MemberError> {
        let missing = || MemberError::NoMember { ty: self.ty.clone(), member: name.into() };
        self.find(name)?.ok_or_else(missing)
    }

    /// The element of an array, or the member of a struct or union by its position, both from 0.
    ///
    /// # Errors
    ///
    /// The type does not have this index.
    pub fn index(&self, index: usize) -> Result<Self, MemberError> {
        let missing = || MemberError::NoIndex { ty: self.ty.clone(), index, len: self.len() };
        match self.ty.kind() {
            TypeKind::Array(array) if index < self.len() => {
                let element = Self::new(0, array.element())?;
                Ok(Self { offset: self.offset + index * element.size, ..element })
            }
            TypeKind::Aggregate(aggregate) => {
                let (offset, field) = Places::of(aggregate).nth(index).ok_or_else(missing)?.map_err(too_large)?;
                Self::new(self.offset + offset as usize, field.ty())
            }
            TypeKind::Array(_) | TypeKind::Scalar(_) => Err(missing()),
        }
    }

    /// The number of elements or members; 0 for a scalar.
    pub fn len(&self) -> usize {
        match self.ty.kind() {
            TypeKind::Scalar(_) => 0,
            TypeKind::Array(array) => array.len() as usize,
            TypeKind::Aggregate(aggregate) => aggregate.fields().len(),
        }
    }

    /// Returns true if the member does not have elements or members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes from the start of the whole.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The member's size in bytes.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The member's type.
    pub const fn ty(&self) -> &Type {
        &self.ty
    }

    /// Reads the member from the bytes of the whole: a scalar, or the bytes of a struct, union or array.
    ///
    /// # Errors
    ///
    /// The bytes end before the member does.
    pub fn read<'a>(&self, whole: &'a [u8]) -> Result<Value<'a>, MemberError> {
        let bytes = self.bytes(whole)?;
        Ok(match self.ty.as_scalar() {
            Some(scalar) => Value::from_slot(load(scalar, bytes), scalar),
            None => bytes.into(),
        })
    }

    /// Writes the member to the bytes of the whole: a scalar of its type, or the bytes of a struct, union or array.
    ///
    /// # Errors
    ///
    /// The value has another type or another length, or the bytes end before the member does.
    pub fn write<'a>(&self, whole: &mut [u8], value: impl Into<Value<'a>>) -> Result<(), MemberError> {
        let value = value.into();
        let to = self.bytes_mut(whole)?;
        let wrong_type = || self.wrong_type(value.ty());
        match self.ty.as_scalar() {
            Some(scalar) => store(scalar, value.slot_of(scalar).ok_or_else(wrong_type)?, to),
            None => {
                to.copy_from_slice(value.as_bytes().filter(|bytes| bytes.len() == to.len()).ok_or_else(wrong_type)?)
            }
        }
        Ok(())
    }

    /// Reads a scalar from the bytes of the whole, as a canonical slot.
    ///
    /// # Errors
    ///
    /// The member is not a scalar, or the bytes end before the member does.
    pub fn read_slot(&self, whole: &[u8]) -> Result<Slot, MemberError> {
        let scalar = self.scalar()?;
        Ok(load(scalar, self.bytes(whole)?))
    }

    /// Writes a scalar to the bytes of the whole: the low bytes of the slot, or 0 or 1 for a `bool`.
    ///
    /// # Errors
    ///
    /// The member is not a scalar, or the bytes end before the member does.
    pub fn write_slot(&self, whole: &mut [u8], value: Slot) -> Result<(), MemberError> {
        let scalar = self.scalar()?;
        store(scalar, value, self.bytes_mut(whole)?);
        Ok(())
    }

    /// The member's bytes among those of the whole.
    ///
    /// # Errors
    ///
    /// The bytes end before the member does.
    pub fn bytes<'a>(&self, whole: &'a [u8]) -> Result<&'a [u8], MemberError> {
        whole.get(self.offset..self.end()).ok_or_else(|| self.too_short(whole.len()))
    }

    /// The member's bytes among those of the whole, to be written.
    ///
    /// # Errors
    ///
    /// The bytes end before the member does.
    pub fn bytes_mut<'a>(&self, whole: &'a mut [u8]) -> Result<&'a mut [u8], MemberError> {
        let given = whole.len();
        whole.get_mut(self.offset..self.end()).ok_or_else(|| self.too_short(given))
    }

    fn new(offset: usize, ty: &Type) -> Result<Self, MemberError> {
        let extent = Extent::of(ty).map_err(too_large)?;
        Ok(Self { offset, size: extent.size as usize, ty: ty.clone() })
    }

    /// Searches the named members here and, like C, also inside members without a name.
    fn find(&self, name: &str) -> Result<Option<Self>, MemberError> {
        let Some(aggregate) = self.ty.as_aggregate() else { return Ok(None) };
        for place in Places::of(aggregate) {
            let (offset, field) = place.map_err(too_large)?;
            let here = || Self::new(self.offset + offset as usize, field.ty());
            let found = match field.name() {
                Some(own) if own == name => Some(here()?),
                Some(_) => None,
                None => here()?.find(name)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn end(&self) -> usize {
        self.offset + self.size
    }

    fn scalar(&self) -> Result<Scalar, MemberError> {
        let error = || MemberError::Aggregate { ty: self.ty.clone(), offset: self.offset };
        self.ty.as_scalar().ok_or_else(error)
    }

    /// The error for writing a value of this type.
    fn wrong_type(&self, given: ValueType) -> MemberError {
        let (ty, offset) = (self.ty.clone(), self.offset);
        match given {
            ValueType::Bytes(given) if ty.as_scalar().is_none() => {
                MemberError::Length { ty, offset, expected: self.size, given }
            }
            ValueType::Bytes(_) | ValueType::Scalar(_) | ValueType::Void => MemberError::Type { ty, offset, given },
        }
    }

    fn too_short(&self, given: usize) -> MemberError {
        MemberError::Bounds { ty: self.ty.clone(), offset: self.offset, end: self.end(), given }
    }
}

/// One step of a path.
enum PathStep<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> PathStep<'a> {
    /// Splits a path into its first step and the rest. Only the first name of a path does not have a dot before it.
    fn first(path: &'a str, at_start: bool) -> Option<(Self, &'a str)> {
        if let Some(rest) = path.strip_prefix('[') {
            let (index, after) = rest.split_once(']')?;
            let digits = index.bytes().all(|byte| byte.is_ascii_digit());
            return Some((Self::Index(index.parse().ok().filter(|_| digits)?), after));
        }
        let rest = if at_start { path } else { path.strip_prefix('.')? };
        let (name, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
        (!name.is_empty()).then_some((Self::Name(name), after))
    }
}

fn too_large(source: LayoutError) -> MemberError {
    MemberError::Layout { source }
}
