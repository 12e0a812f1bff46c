//! C's types as a text declares them (C11 6.2.5): derived types by number, typedef names, and the tags of structs,
//! unions and enums.
//!
//! A type that hotcall cannot pass is still a type here, with the reason, because it may be the target of a pointer.
//! Derivations are bounded in depth, so that all walks over types may recurse.

use std::cell::Cell;
use std::collections::HashMap;

use hotcall_jit::{Character, Length, MAX_SIZE, Pointee, Scalar, Target, Type};

use super::extent::CExtent;
use super::node::{ByValue, CArray, CFunction, Given, QualType, Reason, TypeNode, quals, reason};
use super::tag::{Tag, TagKind, TagScope, Warning};
use super::target::{DataModel, KnownType};
use crate::declare::error::Short;

/// The largest number of pointers, arrays and functions that one type is derived by. C guarantees 12 (C11 5.2.4.1).
const MAX_DERIVED: u8 = 100;

/// The types of a text.
#[derive(Default)]
pub(super) struct TypeTable<'t> {
    pub(super) target: DataModel,
    nodes: Vec<TypeNode>,
    /// The number of derivations of each type.
    depths: Vec<u8>,
    pub(super) arrays: Vec<CArray>,
    pub(super) functions: Vec<CFunction<'t>>,
    pub(super) tags: Vec<Tag<'t>>,
    pub(super) given: Vec<Given>,
    /// The structs and unions with a body, in the order in which they were completed.
    pub(super) completed: Vec<usize>,
    pub(super) typedefs: HashMap<&'t str, QualType>,
    pub(super) typedefs_in_order: Vec<(&'t str, QualType)>,
    /// The tags with names in the text's own scope, in order.
    pub(super) tag_types: Vec<(usize, QualType)>,
    pub(super) warnings: Vec<Warning<'t>>,
    /// The number of pairs of types that may still be compared, because a text can build types that take long to
    /// compare.
    pub(super) comparisons: Cell<u32>,
}

impl<'t> TypeTable<'t> {
    pub(super) const VOID: QualType = QualType::of(0);
    pub(super) const CHAR: QualType = QualType::of(1);
    /// The character types that are known by a name, in the order of their numbers.
    const CHARACTERS: [Character; 4] = [Character::Char8, Character::Char16, Character::Char32, Character::Wide];

    pub(super) fn new(comparisons: u32) -> Self {
        let mut types = Self { comparisons: Cell::new(comparisons), ..Self::default() };
        types.add(TypeNode::Void, 0);
        types.add(TypeNode::Scalar(types.target.char(), Some(Character::Char)), 0);
        for &scalar in Scalar::ALL {
            types.add(TypeNode::Scalar(scalar, None), 0);
        }
        for character in Self::CHARACTERS {
            if let Some(KnownType::Scalar(scalar)) = types.target.known(character.name()) {
                types.add(TypeNode::Scalar(scalar, Some(character)), 0);
            }
        }
        types
    }

    fn add(&mut self, kind: TypeNode, depth: u8) -> QualType {
        self.nodes.push(kind);
        self.depths.push(depth);
        QualType::of(self.nodes.len() - 1)
    }

    /// The number of types.
    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, ty: QualType) -> &TypeNode {
        &self.nodes[ty.number() as usize]
    }

    /// The struct, union or enum, if it is one.
    pub(super) fn tag(&self, ty: QualType) -> Option<&Tag<'t>> {
        if let TypeNode::Tag(index) = *self.node(ty) { Some(&self.tags[index]) } else { None }
    }

    /// The array, if it is one.
    pub(super) fn as_array(&self, ty: QualType) -> Option<&CArray> {
        if let TypeNode::Array(index) = *self.node(ty) { Some(&self.arrays[index]) } else { None }
    }

    /// The index of the function, if it is one.
    pub(super) fn as_function(&self, ty: QualType) -> Option<usize> {
        if let TypeNode::Function(index) = *self.node(ty) { Some(index) } else { None }
    }

    pub(super) fn scalar(&self, scalar: Scalar) -> QualType {
        let place = Scalar::ALL.iter().position(|&one| one == scalar);
        QualType::of(2 + place.unwrap_or_default())
    }

    /// A character type that is known by a name.
    pub(super) fn character(&self, name: &str) -> Option<QualType> {
        let place = Self::CHARACTERS.iter().position(|one| one.name() == name)?;
        Some(QualType::of(2 + Scalar::ALL.len() + place))
    }

    pub(super) fn opaque(&mut self, why: impl ToString, extent: Option<CExtent>) -> QualType {
        self.add(TypeNode::Opaque(reason(why), extent), 0)
    }

    pub(super) fn unknown(&mut self, why: Reason) -> QualType {
        self.add(TypeNode::Unknown(why), 0)
    }

    pub(super) fn given(&mut self, given: Given) -> QualType {
        self.given.push(given);
        self.add(TypeNode::Given(self.given.len() - 1), 0)
    }

    pub(super) fn tag_type(&mut self, index: usize) -> QualType {
        self.add(TypeNode::Tag(index), 0)
    }

    /// The depth of a type derived from these; `None` if it is too deep.
    fn deeper(&self, from: impl IntoIterator<Item = QualType>) -> Option<u8> {
        let deepest = from.into_iter().map(|ty| self.depths[ty.number() as usize]).max();
        Some(deepest.unwrap_or_default() + 1).filter(|&depth| depth <= MAX_DERIVED)
    }

    fn too_deep(&mut self) -> QualType {
        self.unknown(reason(format_args!("a type derived by more than {MAX_DERIVED} pointers, arrays and functions")))
    }

    /// A pointer to a type (C11 6.7.6.1).
    pub(super) fn pointer(&mut self, to: QualType) -> QualType {
        match (self.node(to), self.deeper([to])) {
            (TypeNode::Unknown(_), _) => to,
            (_, None) => self.too_deep(),
            (_, Some(depth)) => self.add(TypeNode::Pointer(to), depth),
        }
    }

    /// An array (C11 6.7.6.2). Without a length its size is unknown.
    pub(super) fn array(&mut self, element: QualType, len: Option<Result<u64, Reason>>) -> QualType {
        let depth = match (self.node(element), self.deeper([element])) {
            (TypeNode::Unknown(_), _) => return element,
            (TypeNode::Function(_), _) => return self.opaque("an array of functions", None),
            (_, None) => return self.too_deep(),
            (_, Some(depth)) => depth,
        };
        let one = match self.as_array(element) {
            Some(CArray { len: None, .. }) => ByValue::without(reason("an array of arrays without a length")),
            _ => self.value(element),
        };
        let value = match len.clone().transpose() {
            Ok(len) => array_value(one, len),
            Err(reason) => ByValue::without(reason),
        };
        self.arrays.push(CArray { element, len, value });
        // GCC keeps the alignment that a typedef gives to the elements.
        QualType { align: element.align, ..self.add(TypeNode::Array(self.arrays.len() - 1), depth) }
    }

    /// A function (C11 6.7.6.3).
    pub(super) fn function(&mut self, function: CFunction<'t>) -> QualType {
        if let TypeNode::Function(_) | TypeNode::Array(_) = self.node(function.result) {
            return self.opaque("a function that returns an array or a function", None);
        }
        let all = function.params.iter().map(|parameter| parameter.ty).chain([function.result]);
        let Some(depth) = self.deeper(all) else { return self.too_deep() };
        self.functions.push(function);
        self.add(TypeNode::Function(self.functions.len() - 1), depth)
    }

    /// Returns true if a type is not declared.
    pub(super) fn is_unknown(&self, ty: QualType) -> bool {
        matches!(self.node(ty), TypeNode::Unknown(_))
    }

    /// The length of an array, if it has one.
    pub(super) fn length(&self, ty: QualType) -> Option<Length> {
        self.as_array(ty)?.len.as_ref().map(|len| len.as_ref().map_or(Length::Expression, |&len| Length::Elements(len)))
    }

    /// A parameter's type: arrays and functions become pointers (C11 6.7.6.3p7, p8).
    pub(super) fn adjusted(&mut self, ty: QualType) -> QualType {
        if let Some(&CArray { element, .. }) = self.as_array(ty) {
            return self.pointer(element.qualified(ty.quals));
        }
        if self.as_function(ty).is_some() { self.pointer(ty) } else { ty }
    }

    /// The function that a type is, or that it points to.
    pub(super) fn called(&self, ty: QualType) -> Option<usize> {
        if let TypeNode::Pointer(to) = *self.node(ty) { self.as_function(to) } else { self.as_function(ty) }
    }

    pub(super) fn tag_without_name(&mut self, kind: TagKind) -> usize {
        let scope = TagScope::default();
        self.tags.push(Tag { kind, name: None, scope, defined: false, value: None, members: Vec::new() });
        self.tags.len() - 1
    }

    /// `struct name`, for messages.
    pub(super) fn title(&self, index: usize) -> String {
        let Tag { kind, name, .. } = &self.tags[index];
        match name {
            Some(name) => format!("{} {}", kind.word(), Short(name)),
            None => format!("{} without a name", kind.word()),
        }
    }

    pub(super) fn pointee(&self, to: QualType) -> Pointee {
        match self.node(to) {
            TypeNode::Scalar(_, Some(Character::Char)) => Pointee::Text,
            TypeNode::Function(_) => Pointee::Function,
            TypeNode::Given(index) if matches!(self.given[*index].target, Target::Function(_)) => Pointee::Function,
            TypeNode::Void | TypeNode::Scalar(..) | TypeNode::Tag(_) | TypeNode::Pointer(_) | TypeNode::Array(_) => {
                Pointee::Opaque
            }
            TypeNode::Given(_) | TypeNode::Opaque(..) | TypeNode::Unknown(_) => Pointee::Opaque,
        }
    }

    /// A type as a value.
    pub(super) fn value(&self, ty: QualType) -> ByValue {
        match self.node(ty) {
            TypeNode::Void => ByValue::without(reason("`void` has no value")),
            &TypeNode::Scalar(scalar, None) => ByValue::scalar(scalar),
            &TypeNode::Scalar(scalar, Some(character)) => ByValue::character(scalar, character),
            TypeNode::Pointer(to) => ByValue::scalar(Scalar::Pointer(self.pointee(*to))),
            TypeNode::Tag(index) => match &self.tags[*index].value {
                Some(value) => value.clone(),
                None => ByValue::without(reason(format_args!("`{}` is incomplete", self.title(*index)))),
            },
            TypeNode::Array(array) => self.arrays[*array].value.clone(),
            TypeNode::Function(_) => ByValue::without(reason("a function has no value")),
            TypeNode::Given(index) => self.given[*index].value.clone(),
            TypeNode::Opaque(reason, extent) => ByValue { ty: Err(reason.clone()), extent: *extent },
            TypeNode::Unknown(reason) => ByValue::without(reason.clone()),
        }
    }

    /// Returns true if an object of this type must not be written. An array is const if its elements are.
    pub(super) fn is_const(&self, ty: QualType) -> bool {
        let element = self.as_array(ty).map(|array| array.element);
        element.is_some_and(|element| self.is_const(element)) || ty.quals & quals::CONST != 0
    }

    /// The results of `sizeof` and `_Alignof` (C11 6.5.3.4).
    pub(super) fn extent(&self, ty: QualType) -> Result<CExtent, Reason> {
        let value = self.value(ty);
        match (value.extent, value.ty) {
            (Some(extent), _) => Ok(CExtent { align: ty.align.map_or(extent.align, Into::into), ..extent }),
            (None, Err(reason)) => Err(reason),
            (None, Ok(_)) => Err(reason("its size is unknown")),
        }
    }
}

/// An array as a value. Without a length it becomes a flexible array member, if it can be one.
fn array_value(one: ByValue, len: Option<u64>) -> ByValue {
    let extent = one.extent.and_then(|one| Some(CExtent { size: one.size.checked_mul(len.unwrap_or(0))?, ..one }));
    let ty = one.ty.and_then(|element| {
        let Some(len) = len else { return Type::flexible_array(element).map_err(reason) };
        let fits = extent.is_some_and(|extent| extent.size <= MAX_SIZE.into());
        match u32::try_from(len) {
            Ok(len) if fits => Type::array(element, len).map_err(reason),
            _ => Err(reason(format_args!("an array of {len} elements is larger than {MAX_SIZE} bytes"))),
        }
    });
    ByValue { ty, extent }
}
