//! The members of every struct and union in a signature, with their offsets, and the scalars that a type consists of.

use hotcall::{AggregateKind, Extent, LayoutError, Scalar, Signature, Type, TypeKind};
use hotcall_jit::Places;

/// The number of leaves of one piece that are named. The rest of a long array adds no information.
const MAX_NAMED: usize = 8;

/// A struct or union.
pub(super) struct TypeTable {
    pub(super) ty: Type,
    pub(super) kind: AggregateKind,
    pub(super) extent: Extent,
    pub(super) members: Vec<Member>,
}

/// A member of a struct or union.
pub(super) struct Member {
    pub(super) name: Option<String>,
    pub(super) ty: Type,
    pub(super) offset: u32,
    pub(super) extent: Extent,
}

/// A scalar inside a type, by the path that a C programmer would write.
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) offset: u32,
    pub(super) scalar: Scalar,
}

/// The aggregates of a signature, each once. Inner ones come before those that contain them.
pub(super) fn tables(signature: &Signature) -> Result<Vec<TypeTable>, LayoutError> {
    let mut tables = Vec::new();
    for ty in signature.params().iter().chain(signature.result()) {
        add(ty, &mut tables)?;
    }
    Ok(tables)
}

fn add(ty: &Type, tables: &mut Vec<TypeTable>) -> Result<(), LayoutError> {
    match ty.kind() {
        TypeKind::Scalar(_) => Ok(()),
        TypeKind::Array(array) => add(array.element(), tables),
        TypeKind::Aggregate(_) if tables.iter().any(|table| table.ty == *ty) => Ok(()),
        TypeKind::Aggregate(aggregate) => {
            let mut members = Vec::new();
            for place in Places::of(aggregate) {
                let (offset, field) = place?;
                add(field.ty(), tables)?;
                let extent = Extent::of(field.ty())?;
                members.push(Member { name: field.name().map(str::to_owned), ty: field.ty().clone(), offset, extent });
            }
            tables.push(TypeTable { ty: ty.clone(), kind: aggregate.kind(), extent: Extent::of(ty)?, members });
            Ok(())
        }
    }
}

/// The scalars of a type, in the order of the members.
pub(super) fn leaves(ty: &Type) -> Result<Vec<Leaf>, LayoutError> {
    let mut leaves = Vec::new();
    push_leaves(ty, 0, "", &mut leaves)?;
    Ok(leaves)
}

fn push_leaves(ty: &Type, at: u32, path: &str, leaves: &mut Vec<Leaf>) -> Result<(), LayoutError> {
    match ty.kind() {
        TypeKind::Scalar(scalar) => leaves.push(Leaf { path: path.to_owned(), offset: at, scalar: *scalar }),
        TypeKind::Array(array) => {
            let size = Extent::of(array.element())?.size;
            for index in 0..array.len() {
                push_leaves(array.element(), at + index * size, &format!("{path}[{index}]"), leaves)?;
            }
        }
        TypeKind::Aggregate(aggregate) => {
            for (index, place) in Places::of(aggregate).enumerate() {
                let (offset, field) = place?;
                let dot = if path.is_empty() { "" } else { "." };
                let inner = match field.name() {
                    Some(name) => format!("{path}{dot}{name}"),
                    // C11's anonymous members add nothing to a path. Others without a name do.
                    None if field.ty().as_aggregate().is_some() => path.to_owned(),
                    None => format!("{path}[{index}]"),
                };
                push_leaves(field.ty(), at + offset, &inner, leaves)?;
            }
        }
    }
    Ok(())
}

/// The paths of the leaves that lie in some bytes, without the rest of a long list.
pub(super) fn named(leaves: &[Leaf], offset: u32, len: u32) -> Vec<String> {
    let inside = |leaf: &&Leaf| leaf.offset < offset + len && leaf.offset + leaf.scalar.size() > offset;
    let mut paths = leaves.iter().filter(inside).map(|leaf| leaf.path.clone());
    let mut named: Vec<String> = paths.by_ref().take(MAX_NAMED).collect();
    if paths.next().is_some() {
        named.push("…".to_owned());
    }
    named
}
