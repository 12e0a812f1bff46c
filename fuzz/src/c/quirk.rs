//! Departures of compilers from each other or from themselves. At most one compiler can be followed there.
//!
//! hotcall itself knows the departures that concern passing alone: [`Departure`]. This file has those that depend on how a
//! type is written as C, and the types that crash a compiler.

use hotcall_jit::{Abi, CCompiler, Departure, Extent, Layout, Places, Signature, Type, TypeKind};

use hotcall_testing::c_types::Spelling;

/// A known departure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Quirk {
    /// Clang reads attributes behind a star as those of the member. GCC reads them as those of the pointer's type.
    #[error("clang lays out a member otherwise for an attribute behind a star")]
    ClangInsideDeclarator,
    /// Clang before version 19 (`X86_64ABIInfo::classify`) compares a member's offset with its typedef's alignment. It
    /// passes `struct { int a; low b; }` in one register, where `low` is `long` aligned to 4.
    #[error("clang overlooks that a typedef lowers an alignment")]
    ClangTypedefAlignment,
    /// Clang 14 (`getFPTypeAtOffset`) divides by the size of an array's elements while it looks past a `float`. It
    /// crashes if that is 0.
    #[error("clang crashes on arrays of empty structs")]
    ClangCrash,
    /// GCC 12 reads a variadic struct of 16 bytes and 16-byte alignment with an aligned load. It loads from the area
    /// with saved registers, which is aligned to 8.
    #[error("gcc's callees crash on aligned variadic structs")]
    GccCrash,
    /// A compiler does not pass a value as the psABI says.
    #[error("{0}")]
    Departs(Departure),
    /// Its callee does not see the value that its caller sends. Seen with GCC 12 and a 16-byte struct whose second
    /// eightbyte begins with padding before an array of structs, and with Clang's halved eightbytes.
    #[error("a compiler disagrees with itself")]
    Itself,
}

impl Quirk {
    /// Returns true if the departure may not show, because it depends on facts that are not examined here. Then a call
    /// can decide, which at worst gets wrong bytes. Otherwise a call might follow a wrong pointer.
    pub const fn may_be_tried(self) -> bool {
        matches!(self, Self::Departs(Departure::ClangUnionFloat))
    }
}

/// The departure of this compiler that shows in a call of this signature.
pub fn of(compiler: CCompiler, signature: &Signature) -> Option<Quirk> {
    if let Some(quirk) = incomparable(compiler, signature) {
        return Some(quirk);
    }
    let types = || signature.params().iter().chain(signature.result());
    if compiler == CCompiler::Clang && types().any(|ty| small(ty).is_some() && has_lowered_leaf(ty, 0)) {
        return Some(Quirk::ClangTypedefAlignment);
    }
    let departures = types().flat_map(|ty| Abi::SysV64.departures(ty));
    let quirks = departures.filter(|departure| departure.compiler() == compiler).map(Quirk::Departs);
    // Departures that must not be tried come first.
    quirks.min_by_key(|quirk| quirk.may_be_tried())
}

/// The reason why nothing can be compared: the compiler or a function that it makes crashes with this signature, or its
/// layout of a type differs.
pub fn incomparable(compiler: CCompiler, signature: &Signature) -> Option<Quirk> {
    let mut types = signature.params().iter().chain(signature.result());
    if compiler == CCompiler::Clang {
        if types.clone().any(has_attribute_inside) {
            return Some(Quirk::ClangInsideDeclarator);
        }
        return types.any(|ty| small(ty).is_some() && has_array_of_empty(ty)).then_some(Quirk::ClangCrash);
    }
    if compiler == CCompiler::Gcc {
        let first = signature.first_variadic().unwrap_or(signature.params().len());
        let mut variadic = signature.params()[first..].iter().filter_map(small);
        return variadic.any(|layout| layout.align == 16).then_some(Quirk::GccCrash);
    }
    None
}

/// Returns true if a member is written with an attribute behind a star that Clang lays out differently.
fn has_attribute_inside(ty: &Type) -> bool {
    match ty.kind() {
        TypeKind::Scalar(_) => false,
        TypeKind::Array(array) => has_attribute_inside(array.element()),
        TypeKind::Aggregate(aggregate) => aggregate
            .fields()
            .iter()
            .any(|field| Spelling::of(aggregate, field).differs_by_clang(field) || has_attribute_inside(field.ty())),
    }
}

/// Returns true if a scalar that is written with a typedef of lower alignment does not lie at a multiple of its size.
fn has_lowered_leaf(ty: &Type, at: u32) -> bool {
    match ty.kind() {
        TypeKind::Scalar(_) => false,
        TypeKind::Array(array) => {
            let step = Extent::of(array.element()).map_or(0, |element| element.size);
            (0..array.len()).any(|index| has_lowered_leaf(array.element(), at + index * step))
        }
        TypeKind::Aggregate(aggregate) => Places::of(aggregate).flatten().any(|(offset, field)| {
            let lowered = Spelling::of(aggregate, field) == Spelling::Typedef
                && field.ty().as_scalar().is_some_and(|scalar| !(at + offset).is_multiple_of(scalar.size()));
            lowered || has_lowered_leaf(field.ty(), at + offset)
        }),
    }
}

fn has_array_of_empty(ty: &Type) -> bool {
    match ty.kind() {
        TypeKind::Scalar(_) => false,
        TypeKind::Array(array) => {
            let empty = !array.is_empty() && Extent::of(array.element()).is_ok_and(|element| element.size == 0);
            empty || has_array_of_empty(array.element())
        }
        TypeKind::Aggregate(aggregate) => aggregate.fields().iter().any(|field| has_array_of_empty(field.ty())),
    }
}

/// The layout of a type with up to 16 bytes and these leaves.
fn small(ty: &Type) -> Option<Layout> {
    Layout::of(ty).ok().filter(|layout| layout.size <= 16)
}
