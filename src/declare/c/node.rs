//! The parts of types (C11 6.2.5): a type's number with its qualifiers, and the node of that number.

use std::rc::Rc;

use hotcall_jit::{Character, Length, Scalar, Target, Type};

use super::extent::CExtent;
use super::notes::{Notes, PointerNotes};

/// The reason why something cannot be passed by value.
pub(super) type Reason = Rc<str>;

pub(super) fn reason(why: impl ToString) -> Reason {
    why.to_string().into()
}

/// A set of qualifiers (C11 6.7.3).
pub(super) mod quals {
    pub(in super::super) const CONST: u8 = 1;
    pub(in super::super) const VOLATILE: u8 = 2;
    pub(in super::super) const RESTRICT: u8 = 4;
}

/// A type with its qualifiers. The default is `void`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct QualType {
    pub(super) number: u32,
    pub(super) quals: u8,
    /// The alignment that a typedef, or an attribute after a star, gives in place of the type's own.
    pub(super) align: Option<u32>,
}

impl QualType {
    /// The type's number, without its qualifiers.
    pub(super) const fn number(self) -> u32 {
        self.number
    }

    pub(super) const fn of(number: usize) -> Self {
        Self { number: number as u32, quals: 0, align: None }
    }

    pub(super) const fn qualified(self, quals: u8) -> Self {
        Self { quals: self.quals | quals, ..self }
    }

    pub(super) const fn unqualified(self) -> Self {
        Self { quals: 0, ..self }
    }

    /// With the qualifiers and the alignment of another type.
    pub(super) const fn like(self, other: Self) -> Self {
        Self { number: self.number, ..other }
    }

    pub(super) const fn aligned(self, align: u32) -> Self {
        Self { align: Some(align), ..self }
    }
}

#[derive(Clone, Debug)]
pub(super) enum TypeNode {
    Void,
    /// An arithmetic type. Character types are told from the integers of their size, because their values are text.
    Scalar(Scalar, Option<Character>),
    /// A struct, union or enum: its index.
    Tag(usize),
    Pointer(QualType),
    /// The index of an array.
    Array(usize),
    /// The index of a function.
    Function(usize),
    /// A type that was read before: its index.
    Given(usize),
    /// A known type that cannot be passed: the reason, and the result of `sizeof`.
    Opaque(Reason, Option<CExtent>),
    /// A type that is not declared. Not even a pointer to it can be passed.
    Unknown(Reason),
}

pub(super) struct CArray {
    pub(super) element: QualType,
    /// `None` without a length.
    pub(super) len: Option<Result<u64, Reason>>,
    pub(super) value: ByValue,
}

#[derive(Clone, Default)]
pub(super) struct CFunction<'t> {
    pub(super) params: Vec<Parameter<'t>>,
    pub(super) result: QualType,
    pub(super) variadic: bool,
    /// Declared with `()`, which does not declare parameters before C23.
    pub(super) unspecified: bool,
    /// The reason why its calling convention is not supported.
    pub(super) unsupported: Option<Reason>,
    pub(super) result_notes: Option<Box<PointerNotes>>,
}

impl CFunction<'_> {
    /// The function with the facts that are noted of it.
    pub(super) fn noted(&self, notes: &Notes) -> Self {
        let mut function = Self { result_notes: notes.pointer.kept(), ..self.clone() };
        for access in &notes.accesses {
            let length = access.size.map(|size| match function.params.get(size).and_then(|parameter| parameter.name) {
                Some(name) => Length::Counted(name.into()),
                None => Length::Expression,
            });
            if let Some(parameter) = function.params.get_mut(access.pointer) {
                let mut noted = PointerNotes { length, direction: Some(access.direction), freed_by: None };
                noted.add(parameter.notes.as_deref().unwrap_or(&PointerNotes::NONE));
                parameter.notes = Some(noted.into());
            }
        }
        function
    }
}

#[derive(Clone)]
pub(super) struct Parameter<'t> {
    pub(super) name: Option<&'t str>,
    pub(super) ty: QualType,
    pub(super) notes: Option<Box<PointerNotes>>,
}

/// A type that was read before.
pub(super) struct Given {
    pub(super) value: ByValue,
    /// The target of a pointer to it.
    pub(super) target: Target,
}

/// A type as a value.
#[derive(Clone)]
pub(super) struct ByValue {
    pub(super) ty: Result<Type, Reason>,
    /// The result of `sizeof`, if it is known. Values too large to pass have one too.
    pub(super) extent: Option<CExtent>,
}

impl ByValue {
    pub(super) const fn without(reason: Reason) -> Self {
        Self { ty: Err(reason), extent: None }
    }

    pub(super) fn scalar(scalar: Scalar) -> Self {
        let size = scalar.size().into();
        Self { ty: Ok(Type::from(scalar)), extent: Some(CExtent::scalar(size)) }
    }

    pub(super) fn character(scalar: Scalar, character: Character) -> Self {
        Self { ty: Type::from(scalar).with_character(character).map_err(reason), ..Self::scalar(scalar) }
    }
}
