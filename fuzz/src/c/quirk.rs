//! Where compilers disagree with each other, so that at most one of them can be followed.
//!
//! The first two are about the reading of "or it contains unaligned fields" (psABI 3.2.3, classification, step 1), which
//! sends an aggregate of up to 16 bytes to memory. hotcall reads "fields" as the scalars inside: each of them is looked at,
//! and nothing else. In each case here the other compiler agrees with hotcall.

use hotcall_jit::{AggregateKind, Extent, Layout, Places, Scalar, Signature, Type};

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
    /// GCC (`classify_argument`) classifies an array without elements by its element type, if it does not begin an
    /// eightbyte: `struct { float a; int b[0]; }` is INTEGER, and in memory if such an element would be too large.
    #[error("gcc classifies arrays without elements")]
    GccEmptyArray,
    /// Clang (`X86_64ABIInfo::GetSSETypeAtOffset`, seen in Clang 14) looks for the floats of an eightbyte in the member that
    /// it chose as a union's storage. If that is a `float` with padding behind it, the upper half of the register is not
    /// passed, although another member has bytes there.
    #[error("clang passes half of an eightbyte of a union")]
    ClangUnionFloat,
    /// Clang 14 (`getFPTypeAtOffset`) divides by the size of an array's elements while it looks behind a `float`, and
    /// crashes if that is 0.
    #[error("clang crashes on arrays of empty structs")]
    ClangCrash,
    /// GCC 12 reads a variadic struct of 16 bytes and their alignment with an aligned load from where it saved the registers,
    /// which is aligned to 8.
    #[error("gcc's callees crash on aligned variadic structs")]
    GccCrash,
    /// Its callee does not see what its caller sends. Seen with GCC 12 and a 16-byte struct whose second eightbyte begins
    /// with padding before an array of structs, and with Clang's halved eightbytes.
    #[error("a compiler disagrees with itself")]
    Itself,
}

impl Quirk {
    /// Whether the departure may not show: it depends on more than is looked at here. Then compilers can be asked by a
    /// call, which at worst gets wrong bytes. Otherwise a call might follow a wrong pointer.
    pub const fn may_be_tried(self) -> bool {
        matches!(self, Self::ClangUnionFloat)
    }
}

/// The departure of this compiler that shows in a call of this signature.
pub fn of(vendor: Vendor, signature: &Signature) -> Option<Quirk> {
    if let Some(crash) = crash(vendor, signature) {
        return Some(crash);
    }
    let any = |is: fn(&Type) -> bool| signature.params().iter().chain(signature.result()).any(is);
    match vendor {
        Vendor::Clang if any(clang_sends_to_memory) => Some(Quirk::ClangMemberAlignment),
        Vendor::Clang if any(clang_may_halve) => Some(Quirk::ClangUnionFloat),
        Vendor::Gcc if any(gcc_overlooks) => Some(Quirk::GccFirstElement),
        Vendor::Gcc if any(gcc_imagines) => Some(Quirk::GccEmptyArray),
        Vendor::Clang | Vendor::Gcc => None,
    }
}

/// What makes the compiler, or a function that it makes, crash with this signature.
pub fn crash(vendor: Vendor, signature: &Signature) -> Option<Quirk> {
    match vendor {
        Vendor::Clang => {
            let mut types = signature.params().iter().chain(signature.result());
            types.any(|ty| small(ty).is_some() && has_array_of_empty(ty)).then_some(Quirk::ClangCrash)
        }
        Vendor::Gcc => {
            let first = signature.first_variadic().unwrap_or(signature.params().len());
            let mut variadic = signature.params()[first..].iter().filter_map(small);
            variadic.any(|layout| layout.align == 16).then_some(Quirk::GccCrash)
        }
    }
}

fn has_array_of_empty(ty: &Type) -> bool {
    match ty {
        Type::Scalar(_) => false,
        Type::Array(array) => {
            let empty = !array.is_empty() && Extent::of(array.element()).is_ok_and(|element| element.size == 0);
            empty || has_array_of_empty(array.element())
        }
        Type::Aggregate(aggregate) => aggregate.fields().iter().any(|field| has_array_of_empty(field.ty())),
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

fn gcc_imagines(ty: &Type) -> bool {
    small(ty).is_some() && has_empty_array(ty)
}

fn has_empty_array(ty: &Type) -> bool {
    match ty {
        Type::Scalar(_) => false,
        Type::Array(array) => array.is_empty() || has_empty_array(array.element()),
        Type::Aggregate(aggregate) => aggregate.fields().iter().any(|field| has_empty_array(field.ty())),
    }
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

/// Whether a union is inside, and an eightbyte of floats begins with a `float` and has bytes behind it, perhaps another
/// member's.
fn clang_may_halve(ty: &Type) -> bool {
    let Some(layout) = small(ty).filter(|_| has_union(ty)) else { return false };
    [0, 8].into_iter().any(|start| {
        let inside = |offset: u32| (start..start + 8).contains(&offset);
        let mut leaves = layout.leaves.iter().filter(|leaf| inside(leaf.offset));
        leaves.clone().all(|leaf| leaf.scalar.is_float())
            && leaves.clone().any(|leaf| leaf.offset == start && leaf.scalar == Scalar::F32)
            && leaves.any(|leaf| leaf.offset + leaf.scalar.size() > start + 4)
    })
}

fn has_union(ty: &Type) -> bool {
    match ty {
        Type::Scalar(_) => false,
        Type::Array(array) => has_union(array.element()),
        Type::Aggregate(aggregate) => {
            aggregate.kind() == AggregateKind::Union || aggregate.fields().iter().any(|field| has_union(field.ty()))
        }
    }
}
