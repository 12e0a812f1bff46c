//! Canonical plans, between slots and C: fields that cannot affect the code get fixed values, so that more signatures share it.

use crate::c::definitions::{Signature, Type};
use crate::c::scalar::Scalar;
use crate::convention::plan::{Arg, Ext, Pass, Piece, Plan, Return};

/// Returns the canonical plan of a call whose arguments come from slots.
pub(crate) fn outgoing(signature: &Signature, mut plan: Plan) -> Plan {
    for (arg, ty) in plan.args.iter_mut().zip(signature.params()) {
        arg.align = 1;
        let Some(scalar) = ty.as_scalar() else { continue };
        if let Pass::Pieces(pieces) = &mut arg.pass {
            pieces.iter_mut().for_each(|piece| widen(piece, scalar));
            arg.size = 8;
        }
    }
    match &mut plan.ret {
        Return::Hidden { size, align, .. } => (*size, *align) = (0, 1),
        Return::Pass(arg) => {
            arg.align = 1;
            if let (Some(scalar), Pass::Pieces(pieces)) =
                (signature.result().and_then(|ty| ty.as_scalar()), &mut arg.pass)
            {
                // The slot needs the type's extension, whatever the convention leaves in the register.
                pieces.iter_mut().for_each(|piece| piece.ext = Ext::by_type(scalar));
            }
        }
    }
    plan
}

/// Makes a scalar the whole slot if its place needs no more than its slot holds.
fn widen(piece: &mut Piece, scalar: Scalar) {
    if piece.ext == Ext::None || piece.ext == Ext::by_type(scalar) {
        piece.len = 8;
        piece.ext = Ext::None;
    }
}

/// Returns the canonical plan of a call whose arguments go to slots.
pub(crate) fn incoming(signature: &Signature, mut plan: Plan) -> Plan {
    for (arg, ty) in plan.args.iter_mut().zip(signature.params()) {
        extend_by_type(arg, ty);
    }
    match (&mut plan.ret, signature.result()) {
        (Return::Pass(arg), Some(ty)) => extend_by_type(arg, ty),
        (Return::Hidden { align, .. }, _) => *align = 1,
        (Return::Pass(_), None) => {}
    }
    plan
}

/// Extends slots by type, whatever the convention promises. Alignment is fixed, because the places contain its effect
/// already.
fn extend_by_type(arg: &mut Arg, ty: &Type) {
    arg.align = 1;
    if let (Some(scalar), Pass::Pieces(pieces)) = (ty.as_scalar(), &mut arg.pass) {
        let ext = if scalar == Scalar::F32 { Ext::Zero } else { Ext::by_type(scalar) };
        pieces.iter_mut().for_each(|piece| piece.ext = ext);
    }
}
