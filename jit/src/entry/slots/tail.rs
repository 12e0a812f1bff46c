//! Trampolines with nothing to do after C: they jump to it, and C returns to their caller.
//!
//! A jump saves a frame, a call and a return. Cranelift does not have jumps to functions of C's convention, so these
//! trampolines are assembled ([`SlotJump`]), for System V x86-64. Three things keep a trampoline from jumping: arguments
//! on the stack, a result in registers, and a captured `errno`. Then it is compiled.

use crate::arch::jump::{SlotJump, SlotLoad};
use crate::convention::abi::Abi;
use crate::convention::plan::{Arg, Loc, Piece, Return};
use crate::entry::slots::key::SlotsKey;

/// Returns the trampoline as a jump, if it can be one.
pub(crate) fn jump(key: &SlotsKey) -> Option<SlotJump> {
    let SlotsKey { abi, plan, options } = key;
    let returns_in_memory = match &plan.ret {
        Return::Pass(arg) if arg.pieces().is_empty() => false,
        Return::Hidden { .. } => true,
        Return::Pass(_) => return None,
    };
    if *abi != Abi::SysV64 || options.capture_errno || plan.stack_size > 0 {
        return None;
    }
    let loads = plan.args.iter().enumerate().flat_map(|(slot, arg)| {
        let slot = slot as u8;
        arg.pieces().iter().map(move |piece| load(slot, arg, piece))
    });
    Some(SlotJump { loads: loads.collect::<Option<_>>()?, returns_in_memory, vector_count: plan.vector_count })
}

/// Returns the load of a piece, if one instruction makes it.
fn load(slot: u8, arg: &Arg, piece: &Piece) -> Option<SlotLoad> {
    let is_loaded = match piece.loc {
        Loc::Int(_) => matches!(piece.len, 1 | 2 | 4 | 8),
        Loc::Float(_) => matches!(piece.len, 4 | 8),
        Loc::X87(_) | Loc::Stack(_) | Loc::ResultPointer => false,
    };
    let behind = arg.aggregate.then_some(piece.offset as i32);
    is_loaded.then_some(SlotLoad { slot, behind, to: piece.loc, len: piece.len, ext: piece.ext })
}
