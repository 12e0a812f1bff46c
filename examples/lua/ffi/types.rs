//! C's types in the form that conversions need: each member's place, and how a scalar is checked.

use std::cell::RefCell;

use hotcall::declare::Declarations;
use hotcall::{Extent, Member, Pointee, Scalar, Signature, Target, Type, TypeKind};

use super::kept::{Arena, Kept};

/// The declarations of a library, and the types that were asked for.
pub(super) struct Scope {
    pub(super) declarations: Declarations,
    shapes: Arena<Shape>,
    names: RefCell<Vec<(Box<str>, Kept<Shape>)>>,
}

/// A type.
pub(super) struct Shape {
    pub(super) ty: Type,
    /// In bytes.
    pub(super) size: usize,
    pub(super) kind: Kind,
    scope: Kept<Scope>,
    /// Members that were asked for.
    members: RefCell<Vec<(Box<str>, Part)>>,
}

/// A member: bytes from the start, and its type.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) offset: usize,
    pub(super) shape: Kept<Shape>,
}

/// A type's kind, as conversions tell them.
pub(super) enum Kind {
    /// An integer. Shifted left and back by these bits, one of its values does not change.
    Int {
        shift: u32,
        signed: bool,
    },
    F32,
    F64,
    Bool,
    Pointer(Box<Pointer>),
    /// A struct or union.
    Aggregate,
    Array {
        element: Kept<Shape>,
        len: usize,
    },
}

/// The known facts about a pointer.
pub(super) struct Pointer {
    /// True for `char *`.
    pub(super) text: bool,
    pub(super) constant: bool,
    /// The type that it points to, if that has a size.
    pub(super) target: Option<Kept<Shape>>,
    /// The type of the function that it points to.
    pub(super) function: Option<Signature>,
    /// True for a pointer to any function.
    pub(super) is_function: bool,
}

impl Scope {
    pub(super) fn new(declarations: Declarations) -> Self {
        Self { declarations, shapes: Arena::default(), names: RefCell::default() }
    }
}

impl Kept<Scope> {
    /// The type of a name in C.
    pub(super) fn named(self, name: &str) -> Result<Kept<Shape>, String> {
        if let Some((_, shape)) = self.names.borrow().iter().find(|(known, _)| &**known == name) {
            return Ok(*shape);
        }
        let shape = self.shape(&self.declarations.parse_type(name).map_err(|error| error.to_string())?)?;
        self.names.borrow_mut().push((name.into(), shape));
        Ok(shape)
    }

    pub(super) fn shape(self, ty: &Type) -> Result<Kept<Shape>, String> {
        // Equal types may say different things of pointers. Those of structs with one name do not.
        let shared = ty.as_aggregate().is_some_and(|aggregate| aggregate.name().is_some());
        if shared && let Some(shape) = self.shapes.find(|shape| shape.ty == *ty) {
            return Ok(shape);
        }
        let size = Extent::of(ty).map_err(|error| error.to_string())?.size as usize;
        let kind = match ty.kind() {
            TypeKind::Scalar(scalar) => self.scalar(ty, *scalar)?,
            TypeKind::Aggregate(_) => Kind::Aggregate,
            TypeKind::Array(array) => Kind::Array { element: self.shape(array.element())?, len: array.len() as usize },
        };
        Ok(self.shapes.keep(Shape { ty: ty.clone(), size, kind, scope: self, members: RefCell::default() }))
    }

    fn scalar(self, ty: &Type, scalar: Scalar) -> Result<Kind, String> {
        match scalar {
            Scalar::F32 => Ok(Kind::F32),
            Scalar::F64 => Ok(Kind::F64),
            Scalar::Bool => Ok(Kind::Bool),
            Scalar::Pointer(pointee) => Ok(Kind::Pointer(Box::new(self.pointer(ty, pointee)))),
            Scalar::I8
            | Scalar::U8
            | Scalar::I16
            | Scalar::U16
            | Scalar::I32
            | Scalar::U32
            | Scalar::I64
            | Scalar::U64
            | Scalar::Isize
            | Scalar::Usize => Ok(Kind::Int { shift: 64 - 8 * scalar.size(), signed: scalar.is_signed() }),
            _ => Err(format!("values of type {scalar} are not supported")),
        }
    }

    fn pointer(self, ty: &Type, pointee: Pointee) -> Pointer {
        let (text, is_function) = (pointee == Pointee::Text, pointee == Pointee::Function);
        let Some(pointer) = ty.pointer() else {
            return Pointer { text, constant: false, target: None, function: None, is_function };
        };
        let mut function = None;
        let target = match pointer.target() {
            // A type without a layout is as good as an incomplete one.
            Target::Type(target) => self.shape(target).ok(),
            Target::Named(name) => {
                let named = self.declarations.type_named(name);
                named.and_then(|named| named.ty().ok()).and_then(|target| self.shape(target).ok())
            }
            Target::Function(target) => {
                function = Some(target.signature().clone());
                None
            }
            Target::Void | Target::Unsupported(_) | _ => None,
        };
        Pointer { text, constant: pointer.is_const(), target, function, is_function }
    }
}

impl Shape {
    /// A member of a struct or union, members of unnamed ones included.
    pub(super) fn member(&self, name: &str) -> Result<Part, String> {
        if let Some((_, part)) = self.members.borrow().iter().find(|(known, _)| &**known == name) {
            return Ok(*part);
        }
        let member = Member::whole(&self.ty).and_then(|whole| whole.field(name)).map_err(|error| error.to_string())?;
        let part = Part { offset: member.offset(), shape: self.scope.shape(member.ty())? };
        self.members.borrow_mut().push((name.into(), part));
        Ok(part)
    }

    /// Returns true for numbers and booleans.
    pub(super) const fn is_number(&self) -> bool {
        match self.kind {
            Kind::Int { .. } | Kind::F32 | Kind::F64 | Kind::Bool => true,
            Kind::Pointer(_) | Kind::Aggregate | Kind::Array { .. } => false,
        }
    }

    /// Returns true if bytes of the other type may stand for this one.
    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.ty == other.ty
    }
}
