//! The attribute `mode`, which makes another type of an integer or floating-point type: GCC's "Common Variable Attributes",
//! and the names of modes in "Machine Modes" of GCC's internals.

use hotcall_jit::{Character, Scalar};

use super::extent::CExtent;
use super::node::{QualType, TypeNode, reason};
use super::target::integer;
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// The type of the mode of this name on 64-bit targets. An integer mode gives the signed type.
fn scalar_of(name: &str) -> Option<Scalar> {
    Some(match name {
        "QI" | "byte" => Scalar::I8,
        "HI" => Scalar::I16,
        "SI" => Scalar::I32,
        "DI" | "word" | "unwind_word" | "pointer" => Scalar::I64,
        "SF" => Scalar::F32,
        "DF" => Scalar::F64,
        _ => return None,
    })
}

impl TypeTable<'_> {
    /// The type of this mode that has the sign of `ty`.
    pub(super) fn with_mode(&mut self, ty: QualType, name: &str) -> QualType {
        if let TypeNode::Opaque(..) | TypeNode::Unknown(_) = self.node(ty) {
            return ty;
        }
        let shown = Quoted(name);
        let Some(mode) = scalar_of(name) else {
            let extent = matches!(name, "TI" | "XF" | "TF").then_some(CExtent::scalar(16));
            return self.opaque(format_args!("types of mode {shown} cannot be passed"), extent);
        };
        let scalar = match self.node(ty) {
            TypeNode::Scalar(..) | TypeNode::Pointer(_) | TypeNode::Tag(_) | TypeNode::Given(_) => {
                let own = self.value(ty).ty;
                own.and_then(|ty| {
                    ty.as_scalar().ok_or_else(|| reason(format_args!("mode {shown} of a struct or union")))
                })
            }
            TypeNode::Array(_) => Err(reason(format_args!("mode {shown} of an array"))),
            TypeNode::Function(_) => Err(reason(format_args!("mode {shown} of a function"))),
            TypeNode::Void | TypeNode::Opaque(..) | TypeNode::Unknown(_) => {
                Err(reason(format_args!("mode {shown} of a type without a value")))
            }
        };
        let moded = scalar.and_then(|scalar| {
            if mode.is_float() && scalar.is_float() {
                return Ok(mode);
            }
            let fits = mode.is_integer() && scalar.is_integer();
            let misfit = || reason(format_args!("mode {shown} does not fit the type {scalar}"));
            fits.then(|| integer(mode.size(), scalar.is_signed())).ok_or_else(misfit)
        });
        match moded {
            // A `char` of its own size remains the type of text.
            Ok(scalar) if scalar.size() == 1 && matches!(self.node(ty), TypeNode::Scalar(_, Some(Character::Char))) => {
                TypeTable::CHAR.qualified(ty.quals)
            }
            Ok(scalar) => self.scalar(scalar).qualified(ty.quals),
            Err(why) => self.opaque(why, None),
        }
    }
}
