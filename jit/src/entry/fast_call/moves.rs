//! Fast calls that only check their arguments and move them: the code jumps to C, which returns to the caller.
//!
//! The jump saves a frame, a call and a return: a third of the cost of an optimised call. Cranelift does not have jumps to
//! functions of C's convention, so these few instructions are assembled ([`jump`](crate::arch::jump)), for System V
//! x86-64. The exit must be a flag, unless the arguments are never refused and the caller checks for exceptions. All
//! other functions are compiled.
//!
//! The arguments keep their order, so most of them move to a place at or before the place where they arrive. So moving
//! them in order does not overwrite an argument that is still to be moved. If it would, the function is compiled.

use crate::arch::jump::{ArgumentMove, Conversion, Jump, Refusal};
use crate::c::form::Form;
use crate::c::narrowing::Narrowing;
use crate::c::scalar::Scalar;
use crate::convention::abi::Abi;
use crate::convention::plan::{Arg, Ext, Loc, Piece, Return};
use crate::engine::fast_call::model::{Exit, FastCallRole};
use crate::entry::fast_call::call::FastCallBody;

/// Returns the function as a jump, if it can be one.
pub(crate) fn jump(native: &FastCallBody<'_>) -> Option<Jump> {
    let moves = moves(native)?;
    if !returns_as_c(native) || native.key.plan.stack_size > native.plan.stack_size {
        return None;
    }
    let refusal = refusal(native, &moves)?;
    Some(Jump { moves, refusal, vector_count: native.key.plan.vector_count })
}

fn refusal(native: &FastCallBody<'_>, moves: &[ArgumentMove]) -> Option<Refusal> {
    let model = &native.key.model;
    let exit = model.exit_parameter().map(|param| native.piece(param).loc);
    let overwritten = exit.is_some_and(|exit| moves.iter().any(|step| step.to == exit));
    match (model.exit, exit) {
        (Exit::Flag { offset }, Some(exit)) => {
            Some(Refusal::Flag { exit, offset: offset.try_into().ok()?, kept: overwritten || !model.caller_looks })
        }
        (Exit::Raise, exit) if model.caller_looks && !overwritten && !moves.iter().any(ArgumentMove::refuses) => {
            Some(Refusal::Raise { exit, helper: native.key.helpers.raise as *const () as u64 })
        }
        _ => None,
    }
}

/// Returns the arguments' moves, if this file supports all of them.
fn moves(native: &FastCallBody<'_>) -> Option<Vec<ArgumentMove>> {
    if [native.key.model.abi, native.key.abi] != [Abi::SysV64; 2] || native.key.model.result().is_some() {
        return None;
    }
    let args = native.arguments().zip(&native.key.plan.args);
    let steps = args.map(|((param, role, c), arg)| {
        let Form::Scalar(c) = c else { return None };
        let (from, to) = (native.piece(param).loc, single(arg)?.loc);
        let conversion = conversion(native, param, role, c)?;
        let way = match conversion {
            Conversion::Float => !matches!((from, to), (Loc::Float(_), Loc::Stack(_))),
            Conversion::Number(_) => from.is_float() && !to.is_float(),
            Conversion::Integer { .. } | Conversion::Small { .. } => {
                !(matches!(from, Loc::Int(_)) && matches!(to, Loc::Stack(_)))
            }
        };
        way.then_some(ArgumentMove { from, to, conversion })
    });
    let steps: Vec<_> = steps.collect::<Option<_>>()?;
    let overwrites =
        |(index, step): (usize, &ArgumentMove)| steps[index + 1..].iter().any(|later| later.from == step.to);
    if steps.iter().enumerate().any(overwrites) { None } else { Some(steps) }
}

fn conversion(native: &FastCallBody<'_>, param: usize, role: FastCallRole, c: Scalar) -> Option<Conversion> {
    match role {
        // Without a helper, a handle that is not a small integer leaves the call. That is correct in two cases: all
        // integers of the type are small, or the caller repeats the call.
        FastCallRole::Handle(handles) if c.size() <= 4 && c != Scalar::Bool => {
            let handles = &native.key.model.handles[usize::from(handles)];
            let small = handles.integers?;
            let mask = i32::try_from(small.tag.mask).ok().filter(|_| small.tag.bits == 0);
            mask.map(|_| Conversion::Small { indirect: handles.indirect, small, narrowing: small.narrowing(c) })
        }
        FastCallRole::Argument => scalar_conversion(native.scalar(param), c),
        FastCallRole::Ignored | FastCallRole::Handle(_) | FastCallRole::Result(_) | FastCallRole::Exit => None,
    }
}

fn scalar_conversion(from: Scalar, c: Scalar) -> Option<Conversion> {
    if from.is_float() && from == c {
        return Some(Conversion::Float);
    }
    if from == Scalar::F64 && !c.is_float() && c.size() <= 4 {
        return Some(Conversion::Number(c));
    }
    if from.is_float() || c.is_float() {
        return None;
    }
    Some(Conversion::Integer {
        narrowing: Narrowing::between(from, c).filter(|_| c != Scalar::Bool),
        len: from.size() as u8,
        ext: Ext::by_type(from),
        room: c.size().max(4) as u8,
    })
}

fn single(arg: &Arg) -> Option<&Piece> {
    if arg.aggregate { None } else { arg.pieces().first() }
}

/// Returns true if C leaves in registers what the caller expects there.
fn returns_as_c(native: &FastCallBody<'_>) -> bool {
    let (Return::Pass(native_arg), Return::Pass(c)) = (&native.plan.ret, &native.key.plan.ret) else { return false };
    match (native_arg.pieces(), c.pieces()) {
        ([], []) => true,
        ([native_piece], [_]) if !c.aggregate => {
            let (result, piece) = (native.key.result.scalar(), native_piece);
            result.is_some_and(|scalar| {
                scalar.size() == u32::from(piece.len) && scalar.is_float() == piece.loc.is_float()
            })
        }
        _ => false,
    }
}
