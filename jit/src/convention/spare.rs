//! The spare place, which no argument takes. A stub hands its cell to the thunk behind it in this place.

use crate::convention::plan::{Arg, Loc, Plan, Return};
use crate::convention::registers::{Convention, Order};

/// A place without an argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Spare {
    /// The n-th integer register: the first one that no argument uses.
    Int(u8),
    /// The n-th float register, if arguments take all integer registers.
    Float(u8),
    /// The stack, in front of a return address and the stack arguments, if arguments take all registers.
    Stack,
}

impl Spare {
    /// Returns the spare place of calls by this plan.
    pub(crate) fn of(convention: &Convention, plan: &Plan) -> Self {
        let (mut ints, mut floats) = (0, 0);
        let pointer = if let Return::Hidden { pointer, .. } = plan.ret { Some(pointer) } else { None };
        let pieces = plan.args.iter().flat_map(Arg::pieces).map(|piece| piece.loc);
        for loc in pieces.chain(pointer) {
            match loc {
                Loc::Int(n) => ints = ints.max(n + 1),
                Loc::Float(n) => floats = floats.max(n + 1),
                Loc::X87(_) | Loc::Stack(_) | Loc::ResultPointer => {}
            }
        }
        if convention.order == Order::Positional {
            ints = ints.max(floats);
            floats = ints;
        }
        if usize::from(ints) < convention.arguments.int.len() {
            Self::Int(ints)
        } else if usize::from(floats) < convention.arguments.float.len() {
            Self::Float(floats)
        } else {
            Self::Stack
        }
    }
}
