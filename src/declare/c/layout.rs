//! The layout of structs, unions and enums with known bodies, by GCC's rules ("Common Type Attributes",
//! "Structure-Layout Pragmas", "Structures, unions, enumerations, and bit-fields").

use hotcall_jit::{Field, MAX_ALIGN, MAX_SIZE, Scalar, Type};

use super::extent::CExtent;
use super::node::{ByValue, QualType, Reason, TypeNode, reason};
use super::notes::PointerNotes;
use super::tag::{PlacedMember, TagKind, Warning};
use super::target::integer;
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// Alignments and packing after a star or at the start of a nested declarator. In GCC ("Attribute Syntax") they belong
/// to the type declared so far: an alignment replaces the type's own, and `packed` is ignored. In Clang they belong to
/// the declared name. hotcall follows GCC, and keeps here the facts that Clang's reading needs.
#[derive(Clone, Copy, Default)]
pub(super) struct InnerAttributes {
    pub(super) packed: bool,
    pub(super) align: u64,
    /// The alignment that a typedef gives to the type without these attributes.
    pub(super) plain: Option<u32>,
}

impl InnerAttributes {
    /// Returns true if such attributes were given.
    pub(super) const fn is_written(self) -> bool {
        self.packed || self.align > 0
    }
}

/// A member as declared.
pub(super) struct DeclaredMember<'t> {
    pub(super) name: Option<&'t str>,
    pub(super) ty: QualType,
    pub(super) packed: bool,
    /// The alignment asked for.
    pub(super) align: Option<u64>,
    /// The attributes in its declarator.
    pub(super) inside: InnerAttributes,
    pub(super) notes: Option<Box<PointerNotes>>,
    /// The width of a bit-field.
    pub(super) bits: Option<Result<u64, Reason>>,
}

impl DeclaredMember<'_> {
    fn align_of(&self, one: CExtent, shape: &Shape) -> u64 {
        placed_align((one.align, self.ty.align), self.packed, self.align, shape)
    }

    /// The alignment that Clang gives to the member.
    fn align_by_clang(&self, one: CExtent, shape: &Shape) -> u64 {
        if !self.inside.is_written() {
            return self.align_of(one, shape);
        }
        let InnerAttributes { packed, align, plain } = self.inside;
        let asked = self.align.max(Some(align).filter(|&align| align > 0));
        placed_align((one.align, plain), self.packed || packed, asked, shape)
    }
}

/// The alignment of a member by its type's own alignment and that of a typedef, and by its attributes.
///
/// A typedef's alignment replaces the type's own. Packing supersedes both, but not the member's own attributes.
/// `#pragma pack` limits all of them.
fn placed_align((natural, typedef): (u64, Option<u32>), packed: bool, asked: Option<u64>, shape: &Shape) -> u64 {
    let own = if packed || shape.packed { 1 } else { typedef.map_or(natural, Into::into) };
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

/// The attributes and pragmas of a whole struct, union or enum.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) packed: bool,
    pub(super) align: Option<u64>,
    pub(super) pack: Option<u64>,
    /// True if bit-fields are laid out like in Microsoft's compiler.
    pub(super) ms_struct: bool,
    pub(super) unsupported: Option<Reason>,
}

impl<'t> TypeTable<'t> {
    /// Lays out a struct or union (C11 6.7.2.1).
    pub(super) fn complete(&mut self, index: usize, members: Vec<DeclaredMember<'t>>, shape: &Shape) {
        let is_union = self.tags[index].kind == TagKind::Union;
        let mut placer = Placer { shape, is_union, bits: 0, end: 0, align: 1 };
        let count = members.len();
        let mut fields = Ok(Vec::with_capacity(count));
        let mut placed = Vec::with_capacity(count);
        let mut known = true;
        for (position, member) in members.iter().enumerate() {
            let value = self.member_value(index, member, is_union || position + 1 == count);
            let place = value.extent.filter(|_| known).and_then(|one| placer.place(one, member));
            known = place.is_some();
            if let (Some(one), Some(place), None) = (value.extent, place, &member.bits) {
                self.warn_of_member(index, member, (one, shape), place);
            }
            let offset = place.filter(|_| member.bits.is_none()).map(|(offset, _)| offset);
            placed.push(PlacedMember { name: member.name, ty: member.ty, notes: member.notes.clone(), offset });
            let field = match (value.ty, value.extent, place) {
                (Ok(ty), Some(one), Some((_, align))) => field(member, ty, one.align, align),
                (Err(why), ..) => Err(why),
                _ => Err(reason("its size is unknown")),
            };
            if let Ok(known) = &mut fields {
                match field {
                    Ok(field) => known.push(field),
                    Err(why) => fields = Err(why),
                }
            }
        }
        let extent = placer.finish().filter(|_| known);
        let ty = self.aggregate(index, fields, extent, shape);
        self.tags[index].value = Some(ByValue { ty, extent });
        self.tags[index].members = placed;
        self.completed.push(index);
    }

    /// Adds a warning if compilers differ about a member.
    fn warn_of_member(
        &mut self,
        parent: usize,
        member: &DeclaredMember<'t>,
        (one, shape): (CExtent, &Shape),
        (offset, align): (u64, u64),
    ) {
        let by_clang = member.align_by_clang(one, shape);
        let lowered = member.ty.align.is_some_and(|typedef| u64::from(typedef) < one.align);
        let what = if by_clang != align {
            differently_aligned(by_clang, align)
        } else if lowered
            && matches!(self.node(member.ty), TypeNode::Scalar(..) | TypeNode::Pointer(_))
            && !offset.is_multiple_of(one.align)
        {
            "Clang before version 19 overlooks that its typedef lowers its alignment, and may pass the whole in registers"
                .to_owned()
        } else {
            return;
        };
        self.warnings.push(Warning { tag: Some(parent), name: member.name, what: what.into() });
    }

    fn member_value(&self, parent: usize, member: &DeclaredMember<'t>, may_be_open: bool) -> ByValue {
        let name = || Quoted(member.name.unwrap_or("without a name"));
        let title = || self.title(parent);
        let has_length = self.as_array(member.ty).is_none_or(|array| array.len.is_some());
        // The size may be known without the type, for example if the type is too large.
        let ByValue { ty, extent } = self.value(member.ty);
        let extent = extent.filter(|extent| extent.size <= MAX_PLACE);
        match self.node(member.ty) {
            _ if member.bits.is_some() => ByValue {
                ty: Err(reason(format_args!("`{}` has bit-fields, which cannot be passed", title()))),
                extent,
            },
            &TypeNode::Tag(index) if index == parent => {
                ByValue::without(reason(format_args!("`{}` contains itself", title())))
            }
            _ if !has_length && !may_be_open => {
                ByValue::without(reason(format_args!("member {} has no length and is not the last", name())))
            }
            TypeNode::Void | TypeNode::Function(_) => {
                ByValue::without(reason(format_args!("member {} of `{}` has no size", name(), title())))
            }
            TypeNode::Scalar(..) | TypeNode::Tag(_) | TypeNode::Pointer(_) | TypeNode::Array(_) => {
                ByValue { ty, extent }
            }
            TypeNode::Given(_) | TypeNode::Opaque(..) | TypeNode::Unknown(_) => ByValue { ty, extent },
        }
    }

    fn aggregate(
        &self,
        index: usize,
        fields: Result<Vec<Field>, Reason>,
        extent: Option<CExtent>,
        shape: &Shape,
    ) -> Result<Type, Reason> {
        if let Some(reason) = &shape.unsupported {
            return Err(reason.clone());
        }
        let fields = fields?;
        let extent = extent.ok_or_else(|| reason("its size is unknown"))?;
        if extent.size > MAX_SIZE.into() {
            let title = self.title(index);
            return Err(reason(format_args!("`{title}` has {} bytes, more than {MAX_SIZE}", extent.size)));
        }
        let ty = match self.tags[index].kind {
            TagKind::Union => Type::union(fields),
            TagKind::Struct | TagKind::Enum => Type::structure(fields),
        };
        let mut ty = ty.map_err(reason)?;
        if let Some(align) = shape.align {
            ty = ty.aligned(small_align(align)?).map_err(reason)?;
        }
        Ok(match self.tags[index].name {
            Some(name) => ty.named(name),
            None => ty,
        })
    }

    /// Completes an enum by its values (C11 6.7.2.2p4). Its type is GCC's choice: the smallest that holds the values,
    /// of at least four bytes unless the enum is packed.
    pub(super) fn complete_enum(
        &mut self,
        index: usize,
        (least, most): (i128, i128),
        fixed: Option<QualType>,
        shape: &Shape,
    ) {
        let value = match fixed {
            _ if let Some(reason) = &shape.unsupported => ByValue::without(reason.clone()),
            // GCC ignores it, and Clang does not.
            _ if shape.align.is_some() => ByValue::without(reason("an enum of another alignment cannot be passed")),
            Some(ty) => self.value(ty),
            None if self.target.int_enums => ByValue::scalar(Scalar::I32),
            None => {
                let fits = |size: u32| most < 1 << (8 * size - u32::from(least < 0)) && least >= -(1 << (8 * size - 1));
                let sizes: &[u32] = if shape.packed { &[1, 2, 4] } else { &[4] };
                let size = sizes.iter().copied().find(|&size| fits(size)).unwrap_or(8);
                ByValue::scalar(integer(size, least < 0))
            }
        };
        self.tags[index].value = Some(value);
    }

    /// The offset and the type of a member, also of one inside members without a name (C11 6.7.2.1p13).
    pub(super) fn member(&self, ty: QualType, name: &str) -> Result<(u64, QualType), Reason> {
        let missing = || reason(format_args!("there is no member {}", Quoted(name)));
        let &TypeNode::Tag(index) = self.node(ty) else { return Err(missing()) };
        let mut inside = vec![(index, Some(0))];
        while let Some((index, base)) = inside.pop() {
            for placed in &self.tags[index].members {
                if !self.count_comparison() {
                    return Err(reason("the text looks up too many members"));
                }
                let offset = base.zip(placed.offset).map(|(base, offset)| base + offset);
                match (placed.name, self.node(placed.ty)) {
                    (Some(own), _) if own == name => {
                        return Ok((offset.ok_or_else(|| reason("its offset is unknown"))?, placed.ty));
                    }
                    (None, &TypeNode::Tag(inner)) => inside.push((inner, offset)),
                    _ => {}
                }
            }
        }
        Err(missing())
    }
}

/// The largest offset that is computed, in bytes.
const MAX_PLACE: u64 = u64::MAX / 64;

/// Lays members out, like `hotcall_jit::Places`, in linear time and also beyond the largest size that can be passed.
struct Placer<'a> {
    shape: &'a Shape,
    is_union: bool,
    /// The first bit that the next member may have.
    bits: u64,
    /// The first bit after the last member.
    end: u64,
    align: u64,
}

impl Placer<'_> {
    /// Places a member. Returns its offset and its alignment in bytes. The offset of a bit-field is that of the byte
    /// that it begins in.
    fn place(&mut self, one: CExtent, member: &DeclaredMember<'_>) -> Option<(u64, u64)> {
        let align = member.align_of(one, self.shape);
        let (from, len, align) = match &member.bits {
            Some(width) => {
                let width = *width.as_ref().ok()?;
                let from = self.bit_field(one, width, member)?;
                // `packed` does not count under `#pragma pack`. A bit-field without a name does not align its struct, on
                // x86 at least.
                let natural = member.ty.align.map_or(one.align, Into::into).max(member.align.unwrap_or(1));
                let align = self.shape.pack.map_or(align, |pack| natural.min(pack));
                (from, width, if member.name.is_some() { align } else { 1 })
            }
            None => (self.bits.checked_next_multiple_of(8 * align)?, one.size * 8, align),
        };
        let end = from.checked_add(len).filter(|&end| end / 8 <= MAX_PLACE)?;
        if !self.is_union {
            self.bits = end;
        }
        self.end = self.end.max(end);
        self.align = self.align.max(align);
        Some((from / 8, align))
    }

    /// The first bit of a bit-field. It lies in the storage unit of its type that is in use, if it fits there.
    fn bit_field(&self, one: CExtent, width: u64, member: &DeclaredMember<'_>) -> Option<u64> {
        let Shape { packed, pack, ms_struct, .. } = *self.shape;
        if ms_struct || width > 8 * one.size {
            return None;
        }
        let unit = 8 * member.ty.align.map_or(one.align, Into::into);
        let asked = 8 * member.align.unwrap_or(0);
        let from = match width {
            0 => self.bits.checked_next_multiple_of(unit.max(asked))?,
            _ if asked > 0 => self.bits.checked_next_multiple_of(pack.map_or(asked, |pack| asked.min(8 * pack)))?,
            _ => self.bits,
        };
        let crosses = (from % unit + width).div_ceil(unit) > (8 * one.size) / unit;
        let moves = crosses && !packed && !member.packed && pack.is_none();
        if moves { from.checked_next_multiple_of(unit) } else { Some(from) }
    }

    fn finish(&self) -> Option<CExtent> {
        let align = self.align.max(self.shape.align.unwrap_or(1));
        let size = self.end.div_ceil(8).checked_next_multiple_of(align).filter(|&size| size <= MAX_PLACE)?;
        Some(CExtent { size, align })
    }
}

/// A member with exactly this alignment.
fn field(member: &DeclaredMember<'_>, ty: Type, natural: u64, align: u64) -> Result<Field, Reason> {
    let field = match member.name {
        Some(name) => Field::new(name, ty),
        None => Field::from(ty),
    };
    match align {
        _ if align == natural => Ok(field),
        1 => Ok(field.packed()),
        _ => field.packed().aligned(small_align(align)?).map_err(reason),
    }
}

fn small_align(align: u64) -> Result<u8, Reason> {
    let small = u8::try_from(align).ok().filter(|&align| align <= MAX_ALIGN);
    small.ok_or_else(|| reason(format_args!("an alignment of {align} bytes is more than {MAX_ALIGN}")))
}
