//! The universal thunk: registers and stack to slots, and the handler's result back. `entry/callback/` describes the
//! contract of handlers.

use std::ffi::c_void;
use std::mem::offset_of;

use crate::arch::operands::UniversalHeader;
use crate::arch::universal::{self, STACK_ARGUMENTS, ThunkFrame};
use crate::convention::plan::{Arg, Loc, Pass, Piece, Plan, Return};
use crate::error::JitError;
use crate::universal::moves::{self, Move, Moves, WORD, Width, register};

/// The plan of a thunk as moves. Places are counted in words from the first slot, which is at the stack pointer when
/// the handler is called. Behind the slots lie copies of aggregates, then the frame with the registers, and then the
/// stack arguments.
#[repr(C)]
pub(crate) struct UniversalThunk {
    header: UniversalHeader,
    /// Moves to slots and copies.
    moves: Moves,
    /// Words of copies that are in no register.
    zeros: Box<[u32]>,
    /// Blocks copied from the stack to copies.
    blocks: Box<[CopiedBlock]>,
    /// Slots, and the copies whose addresses they hold.
    addresses: Box<[Move]>,
    result: ResultFrom,
}

#[derive(PartialEq, Eq, Debug)]
struct CopiedBlock {
    from: u32,
    to: u32,
    words: u32,
}

/// The source of the words in the result registers. Registers are counted from the beginning of the frame.
#[derive(PartialEq, Eq, Debug)]
enum ResultFrom {
    Nothing,
    Bool {
        to: u32,
    },
    Slot {
        to: u32,
        width: Width,
    },
    /// The words of the result.
    Words(Box<[Move]>),
    /// The handler wrote to memory whose address arrived in the register `pointer`. The thunk returns this address in
    /// `to`.
    Hidden {
        pointer: u32,
        size: u32,
        to: Option<u32>,
    },
}

impl UniversalThunk {
    /// Returns the part that assembly reads. The whole has the same address.
    pub(crate) fn header(&'static self) -> *const UniversalHeader {
        std::ptr::from_ref(self).cast()
    }

    pub(crate) fn of(plan: &Plan, returns_bool: bool) -> Result<Self, JitError> {
        let args = &plan.args;
        let slots = (args.len() as u32).next_multiple_of(2);
        let below = slots + args.iter().map(copied_words).sum::<u32>();
        let place = |loc| match loc {
            Loc::Stack(offset) => Ok::<_, JitError>(below + STACK_ARGUMENTS + offset / WORD),
            Loc::Int(_) | Loc::Float(_) | Loc::X87(_) | Loc::ResultPointer => Ok(below + register(loc)?),
        };
        let (mut moves, mut zeros, mut blocks, mut addresses) = (Moves::default(), Vec::new(), Vec::new(), Vec::new());
        let mut floats = 0;
        let mut next = slots;
        for (slot, arg) in (0..).zip(args) {
            for piece in arg.pieces() {
                if let Loc::Float(n) = piece.loc {
                    floats = floats.max(usize::from(n) + 1);
                }
            }
            match &arg.pass {
                Pass::Pieces(pieces) if !arg.aggregate => {
                    for piece in pieces {
                        moves.push(Move { from: place(piece.loc)?, to: slot }, Width::of(piece));
                    }
                    continue;
                }
                Pass::Pieces(pieces) => {
                    for piece in pieces {
                        let step = Move { from: place(piece.loc)?, to: next + piece.offset / WORD };
                        moves.push(step, Width::Whole);
                    }
                    let held = |word| pieces.iter().any(|piece| piece.offset / WORD == word);
                    zeros.extend((0..arg.size.div_ceil(WORD)).filter(|&word| !held(word)).map(|word| next + word));
                    addresses.push(Move { from: next, to: slot });
                }
                Pass::Block { stack } if in_place(*stack) => {
                    addresses.push(Move { from: place(Loc::Stack(*stack))?, to: slot });
                }
                Pass::Block { stack } => {
                    let from = place(Loc::Stack(*stack))?;
                    blocks.push(CopiedBlock { from, to: next, words: arg.size.div_ceil(WORD) });
                    addresses.push(Move { from: next, to: slot });
                }
                Pass::Ignore => addresses.push(Move { from: 0, to: slot }),
                Pass::ByRef(loc) => {
                    moves.push(Move { from: place(*loc)?, to: slot }, Width::Whole);
                    continue;
                }
            }
            next += copied_words(arg);
        }
        let result = ResultFrom::of(&plan.ret, returns_bool)?;
        // Zeros and blocks never occur without addresses.
        let words = moves.narrow.is_empty() && addresses.is_empty() && !matches!(result, ResultFrom::Hidden { .. });
        Ok(Self {
            header: UniversalHeader {
                enter: universal::enter_callback,
                below: (below * WORD) as usize,
                floats,
                before: if words { unpack_words } else { unpack } as *const c_void,
                after: repack as *const c_void,
            },
            moves,
            zeros: zeros.into(),
            blocks: blocks.into(),
            addresses: addresses.into(),
            result,
        })
    }
}

/// Returns true if the stack bytes at this offset can serve as the copy that a slot points to.
fn in_place(stack: u32) -> bool {
    (STACK_ARGUMENTS * WORD + stack).is_multiple_of(16)
}

/// Returns the number of words that an argument takes besides its slot.
fn copied_words(arg: &Arg) -> u32 {
    let is_copied = match arg.pass {
        Pass::Pieces(_) => arg.aggregate,
        Pass::Block { stack } => arg.aggregate && !in_place(stack),
        Pass::Ignore | Pass::ByRef(_) => false,
    };
    if is_copied { arg.size.next_multiple_of(16) / WORD } else { 0 }
}

impl ResultFrom {
    fn of(ret: &Return, returns_bool: bool) -> Result<Self, JitError> {
        let arg = match ret {
            Return::Hidden { size, pointer, returned_in, .. } => {
                let to = returned_in.map(register).transpose()?;
                return Ok(Self::Hidden { pointer: register(*pointer)?, size: *size, to });
            }
            Return::Pass(arg) => arg,
        };
        let word = |piece: &Piece| Ok(Move { from: piece.offset / WORD, to: register(piece.loc)? });
        Ok(match arg.pieces() {
            [] => Self::Nothing,
            [piece, ..] if returns_bool => Self::Bool { to: register(piece.loc)? },
            [piece, ..] if !arg.aggregate => Self::Slot { to: register(piece.loc)?, width: Width::of(piece) },
            pieces => Self::Words(pieces.iter().map(word).collect::<Result<_, JitError>>()?),
        })
    }
}

/// Fills slots with whole words, for results that are not in the caller's memory. Returns the address for the result.
///
/// # Safety
///
/// * The header is that of a thunk, and the call is one of its plan.
/// * `below` has room for slots and copies.
/// * Behind these lie the call's frame, with the registers from entry, and the stack arguments.
unsafe extern "C" fn unpack_words(header: *const UniversalHeader, below: *mut u64) -> *mut u64 {
    // SAFETY: a thunk's header begins a `UniversalThunk`. Its moves lie between the slots at `below` and the end of the
    // stack arguments, by the contract of `below`.
    unsafe {
        let incoming = &*header.cast::<UniversalThunk>();
        incoming.moves.run_whole(below, below);
        let result = below.byte_add(incoming.header.below + offset_of!(ThunkFrame, result));
        result.write(0);
        result.add(1).write(0);
        result
    }
}

/// Fills slots and copies for any plan, zeroes the result's memory, and returns its address.
///
/// # Safety
///
/// The contract of [`unpack_words`].
unsafe extern "C" fn unpack(header: *const UniversalHeader, below: *mut u64) -> *mut u64 {
    // SAFETY: a thunk's header begins a `UniversalThunk`. Its moves lie between the slots at `below` and the end of the
    // stack arguments. The caller's memory for a result has the result's size.
    unsafe {
        let result = unpack_words(header, below);
        let incoming = &*header.cast::<UniversalThunk>();
        incoming.moves.run_narrow(below, below);
        for &word in &incoming.zeros {
            below.add(word as usize).write(0);
        }
        for block in &incoming.blocks {
            let (from, to) = (below.add(block.from as usize), below.add(block.to as usize));
            moves::copy(from.cast(), to.cast(), (block.words * WORD) as usize);
        }
        for step in &incoming.addresses {
            below.add(step.to as usize).write(below.add(step.from as usize) as u64);
        }
        let ResultFrom::Hidden { pointer, size, .. } = incoming.result else { return result };
        let result = below.byte_add(incoming.header.below).add(pointer as usize).read() as *mut u8;
        result.write_bytes(0, size as usize);
        result.cast()
    }
}

/// Fills the result registers.
///
/// # Safety
///
/// The header is that of a thunk, `frame` belongs to a call of its plan, and the handler has run.
unsafe extern "C" fn repack(header: *const UniversalHeader, frame: *mut ThunkFrame) {
    // SAFETY: a thunk's header begins a `UniversalThunk`, and its register numbers count words of the frame.
    unsafe {
        let incoming = &*header.cast::<UniversalThunk>();
        let result = (&raw const (*frame).result).cast::<u64>();
        let register = |to: u32| frame.cast::<u64>().add(to as usize);
        match &incoming.result {
            ResultFrom::Nothing => {}
            ResultFrom::Bool { to } => register(*to).write((result.cast::<u8>().read() != 0).into()),
            ResultFrom::Slot { to, width } => register(*to).write(width.read(result)),
            ResultFrom::Words(moves) => {
                for step in moves {
                    register(step.to).write(result.add(step.from as usize).read());
                }
            }
            ResultFrom::Hidden { pointer, to, .. } => {
                if let Some(to) = to {
                    register(*to).write(register(*pointer).read());
                }
            }
        }
    }
}

#[cfg(all(test, target_arch = "x86_64", not(windows)))]
mod tests {
    use super::*;
    use crate::c::definitions::{Signature, Type};
    use crate::convention::abi::Abi;
    use crate::convention::canonical;

    fn incoming(params: Vec<Type>, result: impl Into<Option<Type>>) -> UniversalThunk {
        let signature = Signature::new(params, result).unwrap();
        let plan = Abi::SysV64.plan(&signature).unwrap();
        UniversalThunk::of(&canonical::incoming(&signature, plan), signature.result() == Some(&Type::BOOL)).unwrap()
    }

    fn bytes(count: u32) -> Type {
        Type::structure([Type::array(Type::U8, count).unwrap()]).unwrap()
    }

    #[test]
    fn scalars_are_extended_from_registers_and_stack() {
        let mut params = vec![Type::I64; 6];
        params.extend([Type::F32, Type::I8, Type::F64, Type::U16]);
        let incoming = incoming(params, Type::BOOL);
        // Ten slots, the frame, the saved frame pointer, the return address.
        let (frame, stack) = (10, 10 + STACK_ARGUMENTS);
        let mut whole: Vec<_> = (0..6).map(|n| Move { from: frame + n, to: n }).collect();
        whole.push(Move { from: frame + 7, to: 8 });
        let narrow = vec![
            (Move { from: frame + 6, to: 6 }, Width::U32),
            (Move { from: stack, to: 7 }, Width::I8),
            (Move { from: stack + 1, to: 9 }, Width::U16),
        ];
        assert_eq!(incoming.moves, Moves { whole, narrow });
        assert_eq!((incoming.header.below, incoming.header.floats), (80, 2));
        assert_eq!(incoming.result, ResultFrom::Bool { to: 0 });
        assert_eq!(incoming.header.before, unpack as *const c_void);
    }

    #[test]
    fn aggregates_are_copied_unless_the_stack_is_aligned() {
        let gap = Type::structure([Type::F64]).unwrap().aligned(16).unwrap();
        let incoming = incoming(vec![bytes(11), gap, bytes(20), bytes(40), Type::structure::<Type>([]).unwrap()], None);
        // Six slots, then two copies of 16 bytes and one of 48.
        let (first, second, third) = (6, 8, 10);
        let (frame, stack) = (16, 16 + STACK_ARGUMENTS);
        let whole = [(frame, first), (frame + 1, first + 1), (frame + 6, second)];
        assert_eq!(incoming.moves.whole, whole.map(|(from, to)| Move { from, to }));
        assert_eq!(*incoming.zeros, [second + 1]);
        assert_eq!(*incoming.blocks, [CopiedBlock { from: stack + 3, to: third, words: 5 }]);
        let addresses = [(first, 0), (second, 1), (stack, 2), (third, 3), (0, 4)];
        assert_eq!(*incoming.addresses, addresses.map(|(from, to)| Move { from, to }));
        assert_eq!(incoming.result, ResultFrom::Nothing);
    }

    #[test]
    fn results_lie_in_registers_or_in_the_callers_memory() {
        let pair = Type::structure([Type::F64, Type::I64]).unwrap();
        let words = [Move { from: 0, to: 6 }, Move { from: 1, to: 0 }];
        assert_eq!(incoming(vec![], pair).result, ResultFrom::Words(words.into()));
        assert_eq!(incoming(vec![], Type::I16).result, ResultFrom::Slot { to: 0, width: Width::I16 });
        let hidden = ResultFrom::Hidden { pointer: 0, size: 17, to: Some(0) };
        assert_eq!(incoming(vec![Type::I64], bytes(17)).result, hidden);
        assert_eq!(incoming(vec![Type::I64], None).header.before, unpack_words as *const c_void);
    }
}
