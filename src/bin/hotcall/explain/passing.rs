//! A plan's places by the names of the machine. Registers have the names of the convention's document. Stack places are
//! addressed as the caller does at the call instruction.

use hotcall::{LayoutError, Signature, Type};
use hotcall_jit::{Abi, Arg, Ext, Loc, Pass, Plan, Return};

use crate::declaration::function::DeclaredFunction;
use crate::explain::types::{Leaf, leaves, named};

/// A register or stack place.
#[derive(Clone)]
pub(super) struct Place {
    /// `xmm0`, `[rsp+8]`
    pub(super) name: String,
    /// The plan's own word for it: `float 0`, `stack 8`.
    pub(super) location: String,
}

/// Bytes of a value at a place.
pub(super) struct PlacedPiece {
    pub(super) offset: u32,
    pub(super) len: u32,
    pub(super) place: Place,
    pub(super) ext: Ext,
    /// The members that these bytes are.
    pub(super) members: Vec<String>,
}

/// The places of a value's bytes.
pub(super) enum Passing {
    Nowhere,
    /// In registers, or a scalar on the stack.
    Pieces(Vec<PlacedPiece>),
    /// Whole on the stack, with the reason.
    Stack(Place, &'static str),
    /// A copy, whose address is passed.
    Copy(Place),
}

/// A value that is passed.
pub(super) struct PlacedValue {
    pub(super) ty: Type,
    pub(super) size: u32,
    pub(super) align: u8,
    pub(super) passing: Passing,
}

/// An argument.
pub(super) struct PlacedArgument {
    pub(super) name: Option<String>,
    pub(super) variadic: bool,
    pub(super) value: PlacedValue,
}

/// The result.
pub(super) enum PlacedResult {
    Void,
    Value(PlacedValue),
    /// In memory, at the address that the caller passes.
    Hidden {
        ty: Type,
        size: u32,
        align: u8,
        address: Place,
        returned_in: Option<Place>,
    },
}

/// The sequence of a convention's registers that a location counts in.
#[derive(Clone, Copy)]
enum Sequence {
    Arguments,
    Results,
}

pub(super) fn arguments(
    abi: Abi,
    function: &DeclaredFunction,
    signature: &Signature,
    plan: &Plan,
) -> Result<Vec<PlacedArgument>, LayoutError> {
    let first_variadic = signature.first_variadic().unwrap_or(usize::MAX);
    let pairs = signature.params().iter().zip(&plan.args).enumerate();
    let placed = pairs.map(|(index, (ty, arg))| {
        Ok(PlacedArgument {
            name: function.parameter_name(index).map(str::to_owned),
            variadic: index >= first_variadic,
            value: value(abi, Sequence::Arguments, ty, arg)?,
        })
    });
    placed.collect()
}

pub(super) fn result(abi: Abi, signature: &Signature, plan: &Plan) -> Result<PlacedResult, LayoutError> {
    let Some(ty) = signature.result() else { return Ok(PlacedResult::Void) };
    Ok(match &plan.ret {
        Return::Pass(arg) => PlacedResult::Value(value(abi, Sequence::Results, ty, arg)?),
        Return::Hidden { size, align, pointer, returned_in } => PlacedResult::Hidden {
            ty: ty.clone(),
            size: *size,
            align: *align,
            address: place(abi, Sequence::Arguments, *pointer),
            returned_in: returned_in.map(|loc| place(abi, Sequence::Results, loc)),
        },
    })
}

fn value(abi: Abi, sequence: Sequence, ty: &Type, arg: &Arg) -> Result<PlacedValue, LayoutError> {
    let passing = match &arg.pass {
        Pass::Ignore => Passing::Nowhere,
        Pass::Block { stack } => {
            Passing::Stack(place(abi, sequence, Loc::Stack(*stack)), why_stack(&leaves(ty)?, arg.size))
        }
        Pass::ByRef(loc) => Passing::Copy(place(abi, sequence, *loc)),
        Pass::Pieces(pieces) => {
            let leaves = leaves(ty)?;
            let placed = |piece: &hotcall_jit::Piece| PlacedPiece {
                offset: piece.offset,
                len: piece.len.into(),
                place: place(abi, sequence, piece.loc),
                ext: piece.ext,
                members: if arg.aggregate { named(&leaves, piece.offset, piece.len.into()) } else { Vec::new() },
            };
            Passing::Pieces(pieces.iter().map(placed).collect())
        }
    };
    Ok(PlacedValue { ty: ty.clone(), size: arg.size, align: arg.align, passing })
}

/// The reason why an aggregate is on the stack, by the rules of the conventions that pass any there.
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
        // A convention whose names are missing here shows the plan's own words.
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
