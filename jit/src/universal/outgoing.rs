//! The universal trampoline: slots to registers and stack, and the result back.

use std::mem::offset_of;

use super::registers::{self, CallFrame};
use super::stubs::StaticStub;
use super::{Head, Move, Moves, WORD, Width};
use crate::errno;
use crate::error::JitError;
use crate::plan::{Arg, Loc, Pass, Piece, Plan, Return};
use crate::shape::Options;

/// A plan with an address to call.
pub(crate) struct Universal {
    stub: StaticStub,
    /// Where the stub finds it.
    _outgoing: Box<Outgoing>,
}

impl Universal {
    /// Makes the plan of a `slots` trampoline, normalised, callable.
    pub(crate) fn new(plan: &Plan, options: Options) -> Result<Self, JitError> {
        let outgoing = Box::new(Outgoing::of(plan, options));
        let stub = StaticStub::take()?;
        stub.data().thunk.store((&raw const *outgoing).cast_mut().cast(), std::sync::atomic::Ordering::Release);
        Ok(Self { stub, _outgoing: outgoing })
    }

    pub(crate) fn entry(&self) -> *const u8 {
        self.stub.entry()
    }
}

/// What a call does, worked out. Places are counted in words from the first stack argument, where the stack pointer is when
/// the function is called; the frame with the registers follows behind the last.
#[repr(C)]
struct Outgoing {
    head: Head,
    /// Where the address of the result goes: a register if the function wants it, the frame if not.
    result_to: u32,
    /// From slots.
    moves: Moves,
    parts: Box<[Part]>,
    blocks: Box<[Block]>,
    result: ResultTo,
    capture_errno: bool,
}

/// A part of an aggregate that travels in a register.
#[derive(PartialEq, Eq, Debug)]
struct Part {
    /// The slot with the aggregate's address.
    slot: u16,
    offset: u8,
    len: u8,
    to: u32,
}

/// An aggregate that travels on the stack.
#[derive(PartialEq, Eq, Debug)]
struct Block {
    slot: u16,
    to: u32,
    size: u32,
}

/// What becomes of the result registers, which are counted from the beginning of the frame.
#[derive(PartialEq, Eq, Debug)]
enum ResultTo {
    Nothing,
    Slot { from: u32, width: Width },
    Bytes(Box<[ResultPart]>),
}

#[derive(PartialEq, Eq, Debug)]
struct ResultPart {
    from: u32,
    offset: u8,
    len: u8,
}

impl Outgoing {
    fn of(plan: &Plan, options: Options) -> Self {
        let below = plan.stack_size.next_multiple_of(16);
        let place = |loc| match loc {
            Loc::Stack(offset) => offset / WORD,
            register => below / WORD + registers::register(register),
        };
        let (mut moves, mut parts, mut blocks) = (Moves::default(), Vec::new(), Vec::new());
        let mut floats = 0;
        for (slot, arg) in (0..).zip(&plan.args) {
            for piece in arg.pieces() {
                if let Loc::Float(n) = piece.loc {
                    floats = floats.max(usize::from(n) + 1);
                }
                let &Piece { offset, len, loc, .. } = piece;
                if arg.aggregate {
                    parts.push(Part { slot, offset: offset as u8, len, to: place(loc) });
                } else {
                    moves.push(Move { from: slot.into(), to: place(loc) }, Width::of(piece));
                }
            }
            match arg.pass {
                Pass::Ignore | Pass::Pieces(_) => {}
                Pass::Block { stack } => blocks.push(Block { slot, to: stack / WORD, size: arg.size }),
                Pass::ByRef(_) => unreachable!("no convention here passes copies by reference"),
            }
        }
        let kept = below / WORD + offset_of!(CallFrame, result) as u32 / WORD;
        let (result, result_to) = match &plan.ret {
            Return::Hidden { pointer, .. } => (ResultTo::Nothing, place(*pointer)),
            Return::Pass(arg) => (ResultTo::of(arg), kept),
        };
        if let Some(count) = plan.vector_count {
            floats = count.into();
        }
        Self {
            head: Head { enter: registers::enter_call, below: below as usize, floats },
            result_to,
            moves,
            parts: parts.into(),
            blocks: blocks.into(),
            result,
            capture_errno: options.capture_errno,
        }
    }
}

impl ResultTo {
    fn of(arg: &Arg) -> Self {
        match arg.pieces() {
            [] => Self::Nothing,
            [piece, ..] if !arg.aggregate => {
                let from = registers::register(piece.loc);
                let float = matches!(piece.loc, Loc::Float(_)) && piece.len == 4;
                Self::Slot { from, width: if float { Width::U32 } else { Width::of(piece) } }
            }
            pieces => Self::Bytes(pieces.iter().map(ResultPart::of).collect()),
        }
    }
}

impl ResultPart {
    fn of(piece: &Piece) -> Self {
        Self { from: registers::register(piece.loc), offset: piece.offset as u8, len: piece.len }
    }
}

/// Fills registers and stack.
///
/// # Safety
///
/// `args` and `result` are as a trampoline of the plan gets them; `below` has room for the stack arguments, and the frame
/// follows behind it.
pub(super) unsafe extern "C" fn pack(head: *const Head, args: *const u64, result: *mut u64, below: *mut u64) {
    // SAFETY: heads of trampolines begin an `Outgoing`; all numbers in it count words of the frame and the slots, and the
    // slots of aggregates are addresses of as many bytes as are copied.
    unsafe {
        let outgoing = &*head.cast::<Outgoing>();
        below.add(outgoing.result_to as usize).write(result as u64);
        outgoing.moves.run(args, below);
        for part in &outgoing.parts {
            let from = (args.add(part.slot.into()).read() as *const u8).add(part.offset.into());
            below.add(part.to as usize).write(super::load(from, part.len));
        }
        for block in &outgoing.blocks {
            let from = args.add(block.slot.into()).read() as *const u8;
            super::copy(from, below.add(block.to as usize).cast(), block.size as usize);
        }
    }
}

/// Hands errno and the result over.
///
/// # Safety
///
/// `frame` is that of a call of the plan's, with the result registers stored; `result` and `errno` in it are as the
/// trampoline got them.
pub(super) unsafe extern "C" fn finish(head: *const Head, frame: *const CallFrame) {
    // SAFETY: as in `pack`.
    unsafe {
        let outgoing = &*head.cast::<Outgoing>();
        let CallFrame { result, errno, .. } = *frame;
        let registers = frame.cast::<u64>();
        if outgoing.capture_errno {
            errno.write(errno::location()().read());
        }
        match &outgoing.result {
            ResultTo::Nothing => {}
            ResultTo::Slot { from, width } => result.write(width.read(registers.add(*from as usize))),
            ResultTo::Bytes(parts) => {
                for part in parts {
                    let word = registers.add(part.from as usize).read();
                    super::store(result.cast::<u8>().add(part.offset.into()), part.len, word);
                }
            }
        }
    }
}
