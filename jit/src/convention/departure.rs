//! Aggregates that a C compiler passes differently from the convention's document.
//!
//! System V x86-64: GCC 12 and Clang 14 contradict each other in the cases below, all of them aggregates of up to 16
//! bytes. hotcall keeps to the psABI's words (3.2.3, "Parameter Passing"). In each case the other compiler does too.
//! The random oracle against C compilers found these cases, and uses this file to leave them out.

use crate::c::definitions::{AggregateKind, Type, TypeKind};
use crate::c::layout::{Extent, Layout, Leaf, Places};
use crate::c::scalar::Scalar;
use crate::convention::abi::Abi;
use crate::convention::sysv64;

/// A C compiler with rules of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CCompiler {
    /// GCC.
    Gcc,
    /// Clang.
    Clang,
}

/// A known departure of a C compiler from a convention's document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Departure {
    /// Clang (`X86_64ABIInfo::classify`) requires members that are structs, unions or arrays to lie at a multiple of
    /// their own type's alignment. It does so even if that alignment comes from an attribute or from an array of no
    /// elements and every scalar inside is aligned. hotcall reads "fields" in "or it contains unaligned fields" as the
    /// scalars inside.
    #[error("Clang passes it in memory, because a member does not lie at a multiple of its type's alignment")]
    ClangMemberAlignment,
    /// Clang (`X86_64ABIInfo::classify`) gives class MEMORY to everything that contains a flexible array member. The
    /// psABI does not mention them: without bytes such an array does not have a class. GCC follows this reading since
    /// version 4.4.
    #[error("Clang passes it in memory, because it contains a flexible array member")]
    ClangFlexibleArray,
    /// GCC (`classify_argument`) classifies an array by its first element, and does not notice that a later one is
    /// unaligned.
    #[error("GCC passes it in registers, because it looks at the alignment of an array's first element only")]
    GccFirstElement,
    /// GCC (`classify_argument`) classifies an array of length 0 like one with an element, if the array does not begin
    /// an eightbyte. So `struct { float a; int b[0]; }` is INTEGER, and in memory if such an element would be too
    /// large.
    #[error("GCC passes it otherwise, as if an array of length 0 had one element")]
    GccEmptyArray,
    /// Clang (`X86_64ABIInfo::GetSSETypeAtOffset`) searches for the floats of an eightbyte in the member that it chose
    /// as a union's storage. If this is a `float` with padding behind it, the upper half of the register is not passed.
    /// Another member may have bytes there. hotcall does not compute the choice of the member, so the departure may not
    /// appear.
    #[error("Clang may leave out the upper half of an eightbyte of the union")]
    ClangUnionFloat,
}

impl Departure {
    /// The compiler that departs.
    pub const fn compiler(self) -> CCompiler {
        match self {
            Self::ClangMemberAlignment | Self::ClangFlexibleArray | Self::ClangUnionFloat => CCompiler::Clang,
            Self::GccFirstElement | Self::GccEmptyArray => CCompiler::Gcc,
        }
    }
}

impl Abi {
    /// Returns the departures of C compilers from the convention's document for an argument or a result of this type,
    /// in the order of the enum. Code of such a compiler is incompatible with hotcall's calls with the type, and with
    /// the other compiler's.
    pub fn departures(self, ty: &Type) -> Vec<Departure> {
        match self {
            Self::SysV64 => sysv64_departures(ty),
        }
    }
}

fn sysv64_departures(ty: &Type) -> Vec<Departure> {
    let Some(layout) = Layout::of(ty).ok().filter(|layout| layout.size <= 16 && ty.as_scalar().is_none()) else {
        return Vec::new();
    };
    let in_memory = sysv64::classify(&layout).is_err();
    let unaligned = !in_memory && has_unaligned_member(ty, 0);
    let flexible = !in_memory && has_flexible_array(ty);
    let tests: [(Departure, bool); 5] = [
        (Departure::ClangMemberAlignment, unaligned),
        (Departure::ClangFlexibleArray, flexible),
        (Departure::GccFirstElement, in_memory && !gcc_sees_unaligned(ty, 0)),
        (Departure::GccEmptyArray, !in_memory && gcc_sees_elements(ty, &layout)),
        // In memory every byte is passed.
        (Departure::ClangUnionFloat, !in_memory && !unaligned && !flexible && clang_may_halve(ty, &layout)),
    ];
    tests.into_iter().filter_map(|(departure, shows)| shows.then_some(departure)).collect()
}

const fn is_unaligned(offset: u32, align: u32) -> bool {
    !offset.is_multiple_of(align)
}

fn has_unaligned_member(ty: &Type, at: u32) -> bool {
    match ty.kind() {
        TypeKind::Scalar(_) => false,
        TypeKind::Array(array) => {
            let step = Extent::of(array.element()).map_or(0, |element| element.size);
            (0..array.len()).any(|index| has_unaligned_member(array.element(), at + index * step))
        }
        TypeKind::Aggregate(aggregate) => Places::of(aggregate).flatten().any(|(offset, field)| {
            let align = Extent::of(field.ty()).map_or(1, |extent| extent.align);
            is_unaligned(at + offset, align.into()) || has_unaligned_member(field.ty(), at + offset)
        }),
    }
}

fn has_flexible_array(ty: &Type) -> bool {
    match ty.kind() {
        TypeKind::Scalar(_) => false,
        TypeKind::Array(array) => array.is_flexible() || (!array.is_empty() && has_flexible_array(array.element())),
        TypeKind::Aggregate(aggregate) => aggregate.fields().iter().any(|field| has_flexible_array(field.ty())),
    }
}

/// Returns true if an unaligned scalar is at an offset that GCC checks.
fn gcc_sees_unaligned(ty: &Type, at: u32) -> bool {
    match ty.kind() {
        TypeKind::Scalar(scalar) => is_unaligned(at, scalar.size()),
        TypeKind::Array(array) => !array.is_empty() && gcc_sees_unaligned(array.element(), at),
        TypeKind::Aggregate(aggregate) => {
            Places::of(aggregate).flatten().any(|(offset, field)| gcc_sees_unaligned(field.ty(), at + offset))
        }
    }
}

/// Returns true if the elements that GCC adds to arrays of length 0 change the classes.
fn gcc_sees_elements(ty: &Type, layout: &Layout) -> bool {
    let mut seen = layout.clone();
    push_seen_elements(ty, 0, &mut seen.leaves);
    if seen.leaves.iter().any(|leaf| leaf.offset >= 16) {
        return true;
    }
    match (sysv64::classify(&seen), sysv64::classify(layout)) {
        (Ok(seen), Ok(classes)) => seen != classes,
        (Err(_), Ok(_)) => true,
        (_, Err(_)) => false,
    }
}

fn push_seen_elements(ty: &Type, at: u32, leaves: &mut Vec<Leaf>) {
    match ty.kind() {
        TypeKind::Scalar(_) => {}
        TypeKind::Array(array) if array.is_empty() => {
            if !array.is_flexible() && is_unaligned(at, 8) {
                let element = Layout::of(array.element()).map_or_else(|_| Vec::new(), |layout| layout.leaves);
                leaves.extend(element.iter().map(|leaf| Leaf { offset: at + leaf.offset, ..*leaf }));
            }
        }
        TypeKind::Array(array) => push_seen_elements(array.element(), at, leaves),
        TypeKind::Aggregate(aggregate) => {
            for (offset, field) in Places::of(aggregate).flatten() {
                push_seen_elements(field.ty(), at + offset, leaves);
            }
        }
    }
}

/// Returns true if a union is inside, and an eightbyte of floats begins with a `float` and has bytes behind it. Those
/// bytes may belong to another member.
fn clang_may_halve(ty: &Type, layout: &Layout) -> bool {
    has_union(ty)
        && [0, 8].into_iter().any(|start| {
            let inside = |offset: u32| (start..start + 8).contains(&offset);
            let mut leaves = layout.leaves.iter().filter(|leaf| inside(leaf.offset));
            leaves.clone().all(|leaf| leaf.scalar.is_float())
                && leaves.clone().any(|leaf| leaf.offset == start && leaf.scalar == Scalar::F32)
                && leaves.any(|leaf| leaf.offset + leaf.scalar.size() > start + 4)
        })
}

fn has_union(ty: &Type) -> bool {
    match ty.kind() {
        TypeKind::Scalar(_) => false,
        TypeKind::Array(array) => has_union(array.element()),
        TypeKind::Aggregate(aggregate) => {
            aggregate.kind() == AggregateKind::Union || aggregate.fields().iter().any(|field| has_union(field.ty()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::c::definitions::Field;

    fn departures<F: Into<Field>>(fields: impl IntoIterator<Item = F>) -> Vec<Departure> {
        Abi::SysV64.departures(&Type::structure(fields).unwrap())
    }

    #[test]
    fn flexible_arrays_depart_where_the_rest_is_in_registers() {
        let flexible = |element: Type| Type::flexible_array(element).unwrap();
        assert_eq!(departures([Type::I64, flexible(Type::I8)]), [Departure::ClangFlexibleArray]);
        let inner = Type::structure([Type::I32, flexible(Type::I8)]).unwrap();
        assert_eq!(departures([inner, Type::I32]), [Departure::ClangFlexibleArray]);
        assert_eq!(departures([Type::I64, Type::I64, Type::I64, flexible(Type::I8)]), []);
        assert_eq!(departures([Type::I64, Type::array(Type::I8, 0).unwrap()]), []);
    }

    #[test]
    fn empty_arrays_depart_where_an_element_would_change_a_class() {
        let empty = |element: Type| Type::array(element, 0).unwrap();
        assert_eq!(departures([Type::F32, empty(Type::I32)]), [Departure::GccEmptyArray]);
        assert_eq!(departures([Type::F32, empty(Type::F32)]), []);
        assert_eq!(departures([Type::I32, empty(Type::I32)]), []);
        assert_eq!(departures([Type::F64, empty(Type::I32)]), []);
        let large = Type::structure([Type::F32, Type::F64, Type::F64]).unwrap();
        assert_eq!(departures([Type::F32, Type::F32, Type::F32, empty(Type::F32), empty(large)]), []);
        let large = Type::structure([Type::F32; 5]).unwrap();
        assert_eq!(departures([Type::F32, empty(large)]), [Departure::GccEmptyArray]);
    }

    #[test]
    fn scalars_and_large_aggregates_do_not_depart() {
        assert_eq!(Abi::SysV64.departures(&Type::F32), []);
        let union = Type::union([Type::F32, Type::F64]).unwrap();
        assert_eq!(Abi::SysV64.departures(&union), [Departure::ClangUnionFloat]);
        assert_eq!(departures([union, Type::array(Type::F64, 2).unwrap()]), []);
    }

    #[test]
    fn unions_are_not_halved_in_memory() {
        let union = Type::union([Type::F32, Type::F64]).unwrap();
        let unaligned = Type::structure([Type::I8, union.clone()]).unwrap().packed(1).unwrap();
        assert_eq!(Abi::SysV64.departures(&unaligned), []);
        let flexible = Type::flexible_array(Type::I8).unwrap();
        assert_eq!(departures([union, flexible]), [Departure::ClangFlexibleArray]);
    }
}
