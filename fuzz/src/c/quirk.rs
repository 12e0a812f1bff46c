//! Where compilers disagree with each other, so that at most one of them can be followed: the reading of "or it contains
//! unaligned fields" (psABI 3.2.3, classification, step 1), which sends an aggregate of up to 16 bytes to memory.
//!
//! hotcall reads "fields" as the scalars inside: each of them is looked at, and nothing else. Both compilers agree with that
//! except in the two cases here, in each of which the other compiler agrees with hotcall.

use hotcall_jit::{Extent, Layout, Places, Signature, Type};

use super::compiler::Vendor;

/// A known departure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Quirk {
    /// Clang (`X86_64ABIInfo::classify`) asks of members that are themselves structs, unions or arrays that they lie at a
    /// multiple of their own type's alignment, also where that comes from an attribute or from an array of no elements and
    /// every scalar inside is aligned.
    #[error("clang sends an aggregate with an over-aligned member to memory")]
    ClangMemberAlignment,
    /// GCC (`classify_argument`) classifies an array by its first element, and does not see that a later one is unaligned.
    #[error("gcc looks at an array's first element only")]
    GccFirstElement,
}

/// The departure of this compiler that shows in a call of this signature.
pub fn of(vendor: Vendor, signature: &Signature) -> Option<Quirk> {
    let mut types = signature.params().iter().chain(signature.result());
    match vendor {
        Vendor::Clang => types.any(clang_sends_to_memory).then_some(Quirk::ClangMemberAlignment),
        Vendor::Gcc => types.any(gcc_overlooks).then_some(Quirk::GccFirstElement),
    }
}

fn is_unaligned(offset: u32, align: u32) -> bool {
    !offset.is_multiple_of(align)
}

/// Up to 16 bytes, with these leaves.
fn small(ty: &Type) -> Option<Layout> {
    Layout::of(ty).ok().filter(|layout| layout.size <= 16)
}

fn has_unaligned_leaf(layout: &Layout) -> bool {
    layout.leaves.iter().any(|leaf| is_unaligned(leaf.offset, leaf.scalar.size()))
}

fn clang_sends_to_memory(ty: &Type) -> bool {
    small(ty).is_some_and(|layout| !has_unaligned_leaf(&layout) && has_unaligned_member(ty, 0))
}

fn has_unaligned_member(ty: &Type, at: u32) -> bool {
    match ty {
        Type::Scalar(_) => false,
        Type::Array(array) => {
            let step = Extent::of(array.element()).map_or(0, |element| element.size);
            (0..array.len()).any(|index| has_unaligned_member(array.element(), at + index * step))
        }
        Type::Aggregate(aggregate) => Places::of(aggregate).flatten().any(|(offset, field)| {
            let align = Extent::of(field.ty()).map_or(1, |extent| extent.align);
            is_unaligned(at + offset, align.into()) || has_unaligned_member(field.ty(), at + offset)
        }),
    }
}

fn gcc_overlooks(ty: &Type) -> bool {
    small(ty).is_some_and(|layout| has_unaligned_leaf(&layout) && !gcc_sees(ty, 0))
}

/// Whether an unaligned scalar is in a place that GCC looks at.
fn gcc_sees(ty: &Type, at: u32) -> bool {
    match ty {
        Type::Scalar(scalar) => is_unaligned(at, scalar.size()),
        Type::Array(array) => !array.is_empty() && gcc_sees(array.element(), at),
        Type::Aggregate(aggregate) => {
            Places::of(aggregate).flatten().any(|(offset, field)| gcc_sees(field.ty(), at + offset))
        }
    }
}
