//! Structs, unions and enums once their bodies are known: laid out by GCC's rules ("Common Type Attributes",
//! "Structure-Layout Pragmas", "Structures, unions, enumerations, and bit-fields").

use std::collections::HashSet;

use hotcall_jit::{Field, MAX_ALIGN, MAX_SIZE, Scalar, Type};

use super::types::{CType, Extent, Kind, Reason, TagKind, Types, Value, reason};

/// A member as declared.
pub(super) struct Member {
    pub(super) name: Option<Box<str>>,
    pub(super) ty: CType,
    pub(super) packed: bool,
    /// The alignment asked for.
    pub(super) align: Option<u64>,
    pub(super) bit_field: bool,
}

/// What attributes and pragmas say about a whole struct, union or enum.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) packed: bool,
    pub(super) align: Option<u64>,
    pub(super) pack: Option<u64>,
    pub(super) unsupported: Option<Reason>,
}

impl Types {
    /// Lays out a struct or union.
    pub(super) fn complete(&mut self, index: usize, members: Vec<Member>, shape: &Shape) {
        let is_union = self.tags[index].kind == TagKind::Union;
        let mut placer = Placer { is_union, next: 0, end: 0, align: 1 };
        let mut fields = Ok(Vec::with_capacity(members.len()));
        let mut extent = Some(());
        let mut names = HashSet::new();
        let count = members.len();
        for (position, member) in members.iter().enumerate() {
            let value = self.member_value(index, member, is_union || position + 1 == count);
            let align = value.extent.map(|one| placer.place(one, member, shape));
            extent = extent.filter(|()| align.is_some());
            let twice = member.name.as_deref().is_some_and(|name| !names.insert(name));
            let field = match (value.ty, value.extent, align) {
                _ if twice => Err(reason("two members have one name")),
                (Ok(ty), Some(one), Some(align)) => field(member, ty, one.align, align),
                (Err(reason), ..) => Err(reason),
                _ => Err(reason("its size is unknown")),
            };
            match (&mut fields, field) {
                (Ok(fields), Ok(field)) => fields.push(field),
                (Ok(_), Err(reason)) => fields = Err(reason),
                (Err(_), _) => {}
            }
        }
        let extent = extent.and_then(|()| placer.finish(shape.align));
        let ty = self.aggregate(index, fields, extent, shape);
        self.tags[index].value = Some(Value { ty, extent });
    }

    fn member_value(&self, parent: usize, member: &Member, may_be_open: bool) -> Value {
        let name = || member.name.as_deref().unwrap_or("without a name");
        match &member.ty.kind {
            _ if member.bit_field => {
                Value::without(reason(format!("`{}` has bit-fields, which cannot be passed", self.title(parent))))
            }
            Kind::Tag(index) if *index == parent => {
                Value::without(reason(format!("`{}` contains itself", self.title(parent))))
            }
            Kind::Array(array) if array.open && !may_be_open => {
                Value::without(reason(format!("member `{}` has no length and is not the last", name())))
            }
            Kind::Void | Kind::Function(_) => {
                Value::without(reason(format!("member `{}` of `{}` has no size", name(), self.title(parent))))
            }
            _ => {
                let mut value = self.value(&member.ty);
                // The size alone may be known, as of what is too large.
                value.extent = value.extent.filter(|extent| extent.size <= u64::MAX / 4);
                value
            }
        }
    }

    fn aggregate(
        &self,
        index: usize,
        fields: Result<Vec<Field>, Reason>,
        extent: Option<Extent>,
        shape: &Shape,
    ) -> Result<Type, Reason> {
        if let Some(reason) = &shape.unsupported {
            return Err(reason.clone());
        }
        let fields = fields?;
        let extent = extent.ok_or_else(|| reason("its size is unknown"))?;
        if extent.size > MAX_SIZE.into() {
            let title = self.title(index);
            return Err(reason(format!("`{title}` has {} bytes, more than {MAX_SIZE}", extent.size)));
        }
        let ty = match self.tags[index].kind {
            TagKind::Union => Type::union(fields),
            TagKind::Struct | TagKind::Enum => Type::structure(fields),
        };
        let mut ty = ty.map_err(|error| reason(error.to_string()))?;
        if let Some(align) = shape.align {
            ty = ty.aligned(small_align(align)?).map_err(|error| reason(error.to_string()))?;
        }
        Ok(match &self.tags[index].name {
            Some(name) => ty.named(name.clone()),
            None => ty,
        })
    }

    /// Completes an enum by its values, as GCC chooses its type.
    pub(super) fn complete_enum(&mut self, index: usize, least: i128, most: i128, fixed: Option<CType>, shape: &Shape) {
        let fits = |min: i128, max: i128| least >= min && most <= max;
        let value = match fixed {
            _ if let Some(reason) = &shape.unsupported => Value::without(reason.clone()),
            // GCC ignores it, clang does not.
            _ if shape.align.is_some() => Value::without(reason("an enum of another alignment cannot be passed")),
            Some(ty) => self.value(&ty),
            None if self.target.int_enums => Value::scalar(Scalar::I32),
            None => Value::scalar(match shape.packed {
                true if fits(0, u8::MAX.into()) => Scalar::U8,
                true if fits(i8::MIN.into(), i8::MAX.into()) => Scalar::I8,
                true if fits(0, u16::MAX.into()) => Scalar::U16,
                true if fits(i16::MIN.into(), i16::MAX.into()) => Scalar::I16,
                _ if fits(0, u32::MAX.into()) => Scalar::U32,
                _ if fits(i32::MIN.into(), i32::MAX.into()) => Scalar::I32,
                _ if least >= 0 => Scalar::U64,
                _ => Scalar::I64,
            }),
        };
        self.tags[index].value = Some(value);
    }
}

/// Lays members out, as `hotcall_jit::Places` does, in linear time and also beyond the largest size passed.
struct Placer {
    is_union: bool,
    next: u64,
    end: u64,
    align: u64,
}

impl Placer {
    /// Places a member, and returns its alignment.
    fn place(&mut self, one: Extent, member: &Member, shape: &Shape) -> u64 {
        // A typedef's alignment takes the place of the type's own. Packing supersedes both, but not what the member
        // itself asks for; `#pragma pack` limits all of them.
        let own = if member.packed || shape.packed { 1 } else { member.ty.align.unwrap_or(one.align) };
        let asked = own.max(member.align.unwrap_or(1));
        let align = shape.pack.map_or(asked, |pack| asked.min(pack));
        let offset = self.next.checked_next_multiple_of(align).unwrap_or(u64::MAX);
        let end = offset.saturating_add(one.size);
        if !self.is_union {
            self.next = end;
        }
        self.end = self.end.max(end);
        self.align = self.align.max(align);
        align
    }

    fn finish(&self, asked: Option<u64>) -> Option<Extent> {
        let align = self.align.max(asked.unwrap_or(1));
        let size = self.end.checked_next_multiple_of(align).filter(|&size| size < u64::MAX / 4)?;
        Some(Extent { size, align })
    }
}

/// A member with exactly this alignment.
fn field(member: &Member, ty: Type, natural: u64, align: u64) -> Result<Field, Reason> {
    let field = match &member.name {
        Some(name) => Field::new(name.clone(), ty),
        None => Field::from(ty),
    };
    match align {
        _ if align == natural => Ok(field),
        1 => Ok(field.packed()),
        _ => field.packed().aligned(small_align(align)?).map_err(|error| reason(error.to_string())),
    }
}

fn small_align(align: u64) -> Result<u8, Reason> {
    let small = u8::try_from(align).ok().filter(|&align| align <= MAX_ALIGN);
    small.ok_or_else(|| reason(format!("an alignment of {align} bytes is more than {MAX_ALIGN}")))
}
