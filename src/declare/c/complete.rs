//! Structs, unions and enums once their bodies are known: laid out by GCC's rules ("Common Type Attributes",
//! "Structure-Layout Pragmas", "Structures, unions, enumerations, and bit-fields").

use hotcall_jit::{Field, MAX_ALIGN, MAX_SIZE, Scalar, Type};

use super::declarator::Inside;
use super::types::{CType, Extent, Kind, Reason, TagKind, Types, Value, Warning, reason};
use crate::declare::error::Quoted;

/// A member as declared.
pub(super) struct Member {
    pub(super) name: Option<Box<str>>,
    pub(super) ty: CType,
    pub(super) packed: bool,
    /// The alignment asked for.
    pub(super) align: Option<u64>,
    pub(super) inside: Option<Inside>,
    pub(super) bit_field: bool,
}

impl Member {
    fn align_of(&self, one: Extent, shape: &Shape) -> u64 {
        placed_align((one.align, self.ty.align), self.packed, self.align, shape)
    }

    /// The alignment that Clang gives to the member.
    fn align_by_clang(&self, one: Extent, shape: &Shape) -> u64 {
        let Inside { packed, align, plain } = match self.inside {
            Some(inside) => inside,
            None => Inside { plain: self.ty.align, ..Inside::default() },
        };
        let asked = self.align.max(Some(align).filter(|&align| align > 0));
        placed_align((one.align, plain), self.packed || packed, asked, shape)
    }
}

/// The alignment of a member by its type's own alignment and that of a typedef, and by its attributes.
///
/// A typedef's alignment takes the place of the type's own. Packing supersedes both, but not what the member itself asks
/// for; `#pragma pack` limits all of them.
fn placed_align((natural, typedef): (u64, Option<u64>), packed: bool, asked: Option<u64>, shape: &Shape) -> u64 {
    let own = if packed || shape.packed { 1 } else { typedef.unwrap_or(natural) };
    let align = own.max(asked.unwrap_or(1));
    shape.pack.map_or(align, |pack| align.min(pack))
}

/// The warning about an attribute inside a declarator.
pub(super) fn differently_aligned(by_clang: u64, by_gcc: u64) -> String {
    format!(
        "its alignment is {by_clang} to Clang and {by_gcc} to GCC, because an attribute stands inside its declarator; GCC \
         is followed"
    )
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
        let count = members.len();
        for (position, member) in members.iter().enumerate() {
            let value = self.member_value(index, member, is_union || position + 1 == count);
            let align = value.extent.map(|one| {
                let align = member.align_of(one, shape);
                let offset = placer.place(one, align);
                self.warn_of_member(index, member, (one, shape), (align, offset));
                align
            });
            extent = extent.filter(|()| align.is_some());
            let field = match (value.ty, value.extent, align) {
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

    /// Adds a warning if compilers differ about a member.
    fn warn_of_member(
        &mut self,
        parent: usize,
        member: &Member,
        (one, shape): (Extent, &Shape),
        (align, offset): (u64, u64),
    ) {
        let by_clang = member.align_by_clang(one, shape);
        let what = if by_clang != align {
            differently_aligned(by_clang, align)
        } else if member.ty.align.is_some_and(|typedef| typedef < one.align)
            && matches!(member.ty.kind, Kind::Scalar { .. })
            && !offset.is_multiple_of(one.align)
        {
            "Clang before version 19 overlooks that its typedef lowers its alignment, and may pass the whole in registers"
                .to_owned()
        } else {
            return;
        };
        self.warnings.push(Warning { tag: Some(parent), name: member.name.clone(), what: what.into() });
    }

    fn member_value(&self, parent: usize, member: &Member, may_be_open: bool) -> Value {
        let name = || Quoted(member.name.as_deref().unwrap_or("without a name"));
        match &member.ty.kind {
            _ if member.bit_field => {
                Value::without(reason(format!("`{}` has bit-fields, which cannot be passed", self.title(parent))))
            }
            Kind::Tag(index) if *index == parent => {
                Value::without(reason(format!("`{}` contains itself", self.title(parent))))
            }
            Kind::Array(array) if array.open && !may_be_open => {
                Value::without(reason(format!("member {} has no length and is not the last", name())))
            }
            Kind::Void | Kind::Function(_) => {
                Value::without(reason(format!("member {} of `{}` has no size", name(), self.title(parent))))
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
    /// Places a member of this alignment, and returns its offset.
    fn place(&mut self, one: Extent, align: u64) -> u64 {
        let offset = self.next.checked_next_multiple_of(align).unwrap_or(u64::MAX);
        let end = offset.saturating_add(one.size);
        if !self.is_union {
            self.next = end;
        }
        self.end = self.end.max(end);
        self.align = self.align.max(align);
        offset
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
