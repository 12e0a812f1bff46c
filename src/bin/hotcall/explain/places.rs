//! A plan's places by the names of the machine: registers as the convention's document calls them, stack places as the
//! caller addresses them at the call instruction.

use hotcall::{LayoutError, Signature, Type};
use hotcall_jit::{Abi, Arg, Ext, Loc, Pass, Plan, Return};

use crate::declaration::Function;

use super::members::{Leaf, leaves, named};

/// A register or stack place.
#[derive(Clone)]
pub(super) struct Place {
    /// `xmm0`, `[rsp+8]`
    pub(super) name: String,
    /// The plan's own word for it: `float 0`, `stack 8`.
    pub(super) location: String,
}

/// Bytes of a value at a place.
pub(super) struct Part {
    pub(super) offset: u32,
    pub(super) len: u32,
    pub(super) place: Place,
    pub(super) ext: Ext,
    /// The members that these bytes are.
    pub(super) members: Vec<String>,
}

/// Where a value is.
pub(super) enum How {
    Nowhere,
    /// In registers, or a scalar on the stack.
    Parts(Vec<Part>),
    /// Whole on the stack, and why.
    Stack(Place, &'static str),
    /// As the address of a copy.
    Copy(Place),
}

/// An argument.
pub(super) struct PlacedArgument {
    pub(super) name: Option<String>,
    pub(super) ty: Type,
    pub(super) size: u32,
    pub(super) align: u8,
    pub(super) variadic: bool,
    pub(super) how: How,
}

/// The result.
pub(super) enum PlacedResult {
    Void,
    Value {
        ty: Type,
        size: u32,
        align: u8,
        how: How,
    },
    /// In memory, at the address that the caller passes.
    Hidden {
        ty: Type,
        size: u32,
        align: u8,
        address: Place,
        returned_in: Option<Place>,
    },
}

/// Which of a convention's two sequences of registers a location counts in.
#[derive(Clone, Copy)]
enum Sequence {
    Arguments,
    Results,
}

pub(super) fn arguments(
    abi: Abi,
    declared: &Function,
    signature: &Signature,
    plan: &Plan,
) -> Result<Vec<PlacedArgument>, LayoutError> {
    let first_variadic = signature.first_variadic().unwrap_or(usize::MAX);
    let pairs = signature.params().iter().zip(&plan.args).enumerate();
    let placed = pairs.map(|(index, (ty, arg))| {
        let how = how(abi, Sequence::Arguments, ty, arg)?;
        Ok(PlacedArgument {
            name: declared.parameter_name(index).map(str::to_owned),
            ty: ty.clone(),
            size: arg.size,
            align: arg.align,
            variadic: index >= first_variadic,
            how,
        })
    });
    placed.collect()
}

pub(super) fn result(abi: Abi, signature: &Signature, plan: &Plan) -> Result<PlacedResult, LayoutError> {
    let Some(ty) = signature.result() else { return Ok(PlacedResult::Void) };
    let ty = ty.clone();
    Ok(match &plan.ret {
        Return::Pass(arg) => {
            let how = how(abi, Sequence::Results, &ty, arg)?;
            PlacedResult::Value { ty, size: arg.size, align: arg.align, how }
        }
        Return::Hidden { size, align, pointer, returned_in } => PlacedResult::Hidden {
            ty,
            size: *size,
            align: *align,
            address: place(abi, Sequence::Arguments, *pointer),
            returned_in: returned_in.map(|loc| place(abi, Sequence::Results, loc)),
        },
    })
}

fn how(abi: Abi, sequence: Sequence, ty: &Type, arg: &Arg) -> Result<How, LayoutError> {
    Ok(match &arg.pass {
        Pass::Ignore => How::Nowhere,
        Pass::Block { stack } => {
            How::Stack(place(abi, sequence, Loc::Stack(*stack)), why_stack(&leaves(ty)?, arg.size))
        }
        Pass::ByRef(loc) => How::Copy(place(abi, sequence, *loc)),
        Pass::Pieces(pieces) => {
            let leaves = leaves(ty)?;
            let part = |piece: &hotcall_jit::Piece| Part {
                offset: piece.offset,
                len: piece.len.into(),
                place: place(abi, sequence, piece.loc),
                ext: piece.ext,
                members: if arg.aggregate { named(&leaves, piece.offset, piece.len.into()) } else { Vec::new() },
            };
            How::Parts(pieces.iter().map(part).collect())
        }
    })
}

/// Why an aggregate is on the stack, by the rules of the conventions that pass any there.
fn why_stack(leaves: &[Leaf], size: u32) -> &'static str {
    if size > 16 {
        "it is larger than 16 bytes"
    } else if leaves.iter().any(|leaf| !leaf.offset.is_multiple_of(leaf.scalar.size())) {
        "a member is not aligned"
    } else {
        "too few registers are left"
    }
}

fn place(abi: Abi, sequence: Sequence, loc: Loc) -> Place {
    let names: (&[&str], &str) = match (abi, sequence) {
        (Abi::SysV64, Sequence::Arguments) => (&["rdi", "rsi", "rdx", "rcx", "r8", "r9"], "xmm"),
        (Abi::SysV64, Sequence::Results) => (&["rax", "rdx"], "xmm"),
        // A convention whose names are not written down here yet shows the plan's own words.
        _ => (&[], ""),
    };
    let (ints, floats) = names;
    let location = loc.to_string();
    let name = match loc {
        Loc::Int(n) => ints.get(usize::from(n)).map(|&name| name.to_owned()),
        Loc::Float(n) => (!floats.is_empty()).then(|| format!("{floats}{n}")),
        Loc::X87(n) => Some(format!("st{n}")),
        Loc::Stack(offset) => (!floats.is_empty()).then(|| format!("[rsp+{offset}]")),
        Loc::ResultPointer | _ => None,
    };
    Place { name: name.unwrap_or_else(|| location.clone()), location }
}
