//! The shapes' signatures in libffi's terms.

use hotcall_jit::{Scalar, Type};
use libffi::middle::{self, Cif};

use crate::support::shapes::Shape;

/// A prepared call of the shape.
pub(crate) fn cif(shape: &Shape) -> Result<Cif, String> {
    let params = shape.signature.params().iter().map(ffi_type);
    let result = shape.signature.result().map_or_else(middle::Type::void, ffi_type);
    Cif::try_new(params, result).map_err(|error| format!("libffi refuses {}: {error:?}", shape.name))
}

fn ffi_type(ty: &Type) -> middle::Type {
    if let Some(aggregate) = ty.as_aggregate() {
        return middle::Type::structure(aggregate.fields().iter().map(|field| ffi_type(field.ty())));
    }
    match ty.as_scalar() {
        Some(Scalar::U8) => middle::Type::u8(),
        Some(Scalar::I32) => middle::Type::i32(),
        Some(Scalar::I64) => middle::Type::i64(),
        Some(Scalar::Usize) => middle::Type::usize(),
        Some(Scalar::F32) => middle::Type::f32(),
        Some(Scalar::F64) => middle::Type::f64(),
        Some(Scalar::Pointer(_)) => middle::Type::pointer(),
        _ => unreachable!("the shapes have no {ty:?}"),
    }
}
