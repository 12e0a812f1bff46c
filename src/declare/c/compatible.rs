//! Compatible types (C11 6.2.7, 6.7.3p10, 6.7.6): declarations of one name must have them.
//!
//! Integer types of one size and sign count as one type, because `int64_t` is `long` on some platforms and `long long`
//! on others. A type that hotcall does not know or cannot pass is compatible with every other.

use hotcall_jit::Scalar;

use super::node::{CFunction, QualType, TypeNode};
use super::tag::TagKind;
use super::types::TypeTable;

impl<'t> TypeTable<'t> {
    /// Returns true if two types are compatible.
    pub(super) fn compatible(&self, a: QualType, b: QualType) -> bool {
        a.quals == b.quals && self.alike(a, b)
    }

    /// Compares without the outermost qualifiers.
    fn alike(&self, a: QualType, b: QualType) -> bool {
        if a.unqualified() == b.unqualified() || !self.count_comparison() {
            return true;
        }
        match (self.node(a), self.node(b)) {
            (TypeNode::Unknown(_) | TypeNode::Opaque(..) | TypeNode::Given(_), _) => true,
            (_, TypeNode::Unknown(_) | TypeNode::Opaque(..) | TypeNode::Given(_)) => true,
            (TypeNode::Void, TypeNode::Void) => true,
            (&TypeNode::Scalar(a, _), &TypeNode::Scalar(b, _)) => one_representation(a, b),
            (&TypeNode::Tag(a), &TypeNode::Tag(b)) => a == b,
            (&TypeNode::Tag(tag), &TypeNode::Scalar(scalar, _))
            | (&TypeNode::Scalar(scalar, _), &TypeNode::Tag(tag)) => self.enum_is(tag, scalar),
            (&TypeNode::Pointer(a), &TypeNode::Pointer(b)) => self.compatible(a, b),
            (&TypeNode::Array(a), &TypeNode::Array(b)) => {
                let (a, b) = (&self.arrays[a], &self.arrays[b]);
                let one_length = match (&a.len, &b.len) {
                    (Some(Ok(a)), Some(Ok(b))) => a == b,
                    _ => true,
                };
                one_length && self.compatible(a.element, b.element)
            }
            (&TypeNode::Function(a), &TypeNode::Function(b)) => {
                self.functions_alike(&self.functions[a], &self.functions[b])
            }
            _ => false,
        }
    }

    /// Returns true if the budget allows one more step.
    pub(super) fn count_comparison(&self) -> bool {
        let left = self.comparisons.get();
        self.comparisons.set(left.saturating_sub(1));
        left > 0
    }

    /// An enum is compatible with the integer type that it is represented by (C11 6.7.2.2p4).
    fn enum_is(&self, tag: usize, scalar: Scalar) -> bool {
        let tag = &self.tags[tag];
        let own = tag.value.as_ref().and_then(|value| value.ty.as_ref().ok()?.as_scalar());
        tag.kind == TagKind::Enum && own.is_none_or(|own| one_representation(own, scalar))
    }

    fn functions_alike(&self, a: &CFunction<'t>, b: &CFunction<'t>) -> bool {
        if !self.alike(a.result, b.result) {
            return false;
        }
        if a.unspecified || b.unspecified || a.unsupported.is_some() || b.unsupported.is_some() {
            return true;
        }
        a.variadic == b.variadic
            && a.params.len() == b.params.len()
            && a.params.iter().zip(&b.params).all(|(a, b)| self.alike(a.ty, b.ty))
    }

    /// The type of a name that is declared twice (C11 6.2.7p3); `None` if the types are not compatible. An unusable
    /// declaration takes precedence, because it may contain facts that the other one lacks.
    pub(super) fn composite(&self, old: QualType, new: QualType) -> Option<QualType> {
        if !self.compatible(old, new) {
            return None;
        }
        Some(match (self.node(old), self.node(new)) {
            (TypeNode::Unknown(_) | TypeNode::Opaque(..), _) => old,
            (_, TypeNode::Unknown(_) | TypeNode::Opaque(..)) => new,
            (&TypeNode::Function(a), &TypeNode::Function(b)) => {
                let (a, b) = (&self.functions[a], &self.functions[b]);
                let unusable = a.unsupported.is_some() || self.has_unknown(a);
                let better = a.unspecified || b.unsupported.is_some() || self.has_unknown(b);
                if better && !unusable { new } else { old }
            }
            (&TypeNode::Array(a), _) if self.arrays[a].len.is_none() => new,
            _ => old,
        })
    }

    fn has_unknown(&self, function: &CFunction<'t>) -> bool {
        let all = function.params.iter().map(|parameter| parameter.ty).chain([function.result]);
        all.into_iter().any(|ty| self.is_unknown(ty))
    }
}

fn one_representation(a: Scalar, b: Scalar) -> bool {
    let class = |scalar| (scalar == Scalar::Bool, matches!(scalar, Scalar::Pointer(_)));
    a.size() == b.size() && a.is_signed() == b.is_signed() && a.is_float() == b.is_float() && class(a) == class(b)
}
