//! The attribute `mode`, which makes another type of an integer or floating-point type: GCC's "Common Variable Attributes",
//! and the names of modes in "Machine Modes" of GCC's internals.

use hotcall_jit::Scalar;

use super::extent::CExtent;
use super::node::{QualType, TypeNode, reason};
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// A mode that hotcall has a type for.
enum Mode {
    /// An integer with this number of bytes.
    Integer(u32),
    Float(Scalar),
}

impl Mode {
    /// The mode of this name on 64-bit targets.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "QI" | "byte" => Self::Integer(1),
            "HI" => Self::Integer(2),
            "SI" => Self::Integer(4),
            "DI" | "word" | "unwind_word" | "pointer" => Self::Integer(8),
            "SF" => Self::Float(Scalar::F32),
            "DF" => Self::Float(Scalar::F64),
            _ => return None,
        })
    }
}

impl TypeTable<'_> {
    /// The type of this mode that has the sign of `ty`.
    pub(super) fn with_mode(&mut self, ty: QualType, name: &str) -> QualType {
        if let TypeNode::Opaque(..) | TypeNode::Unknown(_) = self.node(ty) {
            return ty;
        }
        let Some(mode) = Mode::named(name) else {
            let extent = matches!(name, "TI" | "XF" | "TF").then_some(CExtent::scalar(16));
            return self.opaque(format!("types of mode {} cannot be passed", Quoted(name)), extent);
        };
        let scalar = match self.node(ty) {
            TypeNode::Scalar(..) | TypeNode::Pointer(_) | TypeNode::Tag(_) | TypeNode::Given(_) => {
                self.value(ty).ty.and_then(|ty| {
                    ty.as_scalar().ok_or_else(|| reason(format!("mode {} of a struct or union", Quoted(name))))
                })
            }
            TypeNode::Array(_) => Err(reason(format!("mode {} of an array", Quoted(name)))),
            TypeNode::Function(_) => Err(reason(format!("mode {} of a function", Quoted(name)))),
            TypeNode::Void | TypeNode::Opaque(..) | TypeNode::Unknown(_) => {
                Err(reason(format!("mode {} of a type without a value", Quoted(name))))
            }
        };
        let moded = scalar.and_then(|scalar| match (mode, scalar) {
            (Mode::Float(float), Scalar::F32 | Scalar::F64) => Ok(float),
            (_, Scalar::Bool | Scalar::Pointer(_) | Scalar::F32 | Scalar::F64) | (Mode::Float(_), _) => {
                Err(reason(format!("mode {} does not fit the type {scalar}", Quoted(name))))
            }
            (Mode::Integer(size), _) => Ok(integer(size, scalar.is_signed())),
        });
        match moded {
            // A `char` of its own size is still what text is made of.
            Ok(scalar) if scalar.size() == 1 && matches!(self.node(ty), TypeNode::Scalar(_, true)) => {
                TypeTable::CHAR.qualified(ty.quals)
            }
            Ok(scalar) => self.scalar(scalar).qualified(ty.quals),
            Err(why) => self.opaque(why, None),
        }
    }
}

const fn integer(size: u32, signed: bool) -> Scalar {
    match (size, signed) {
        (1, true) => Scalar::I8,
        (1, false) => Scalar::U8,
        (2, true) => Scalar::I16,
        (2, false) => Scalar::U16,
        (4, true) => Scalar::I32,
        (4, false) => Scalar::U32,
        (_, true) => Scalar::I64,
        (_, false) => Scalar::U64,
    }
}
