//! The universal trampoline: slots to registers and stack, and the result back.

use std::ffi::c_void;
use std::mem::offset_of;
use std::sync::atomic::Ordering;

use crate::arch::operands::UniversalHeader;
use crate::arch::universal::{self, CallFrame};
use crate::convention::plan::{Arg, Loc, Pass, Piece, Plan, Return};
use crate::error::JitError;
use crate::os::errno;
use crate::stubs::static_table::StaticStub;
use crate::universal::moves::{self, Move, Moves, SlotWord, WORD, Width, register};

/// A plan with an address to call.
pub(crate) struct UniversalTrampoline {
    /// The stub. `None` only during drop.
    stub: Option<StaticStub>,
    entry: *const u8,
    /// Keeps the moves alive, because the stub's data has their address.
    _outgoing: Box<OutgoingMoves>,
}

// SAFETY: `entry` is the address of code, which any thread may call, and the moves do not change.
unsafe impl Send for UniversalTrampoline {}
// SAFETY: `entry` is the address of code, which any thread may call, and the moves do not change.
unsafe impl Sync for UniversalTrampoline {}

impl UniversalTrampoline {
    /// Makes the canonical plan of a `slots` trampoline callable.
    pub(crate) fn new(plan: &Plan, capture_errno: bool) -> Result<Self, JitError> {
        let outgoing = Box::new(OutgoingMoves::of(plan, capture_errno)?);
        let stub = StaticStub::take()?;
        stub.data().thunk.store((&raw const *outgoing).cast_mut().cast(), Ordering::Release);
        Ok(Self { entry: stub.entry(), stub: Some(stub), _outgoing: outgoing })
    }

    pub(crate) const fn entry(&self) -> *const u8 {
        self.entry
    }
}

impl Drop for UniversalTrampoline {
    fn drop(&mut self) {
        // The stub must be given back before the moves are freed. Its next holder overwrites their address.
        drop(self.stub.take());
    }
}

/// The plan of a call as moves. Places are counted in words from the first stack argument, which is at the stack
/// pointer when the function is called. The frame with the registers lies behind the last one.
#[repr(C)]
struct OutgoingMoves {
    header: UniversalHeader,
    /// The place of the result's address: a register if the function needs it, the frame otherwise.
    result_to: u32,
    /// The register with a scalar result, counted from the beginning of the frame.
    result_from: u32,
    /// Moves from slots.
    moves: Moves,
    /// Pieces of 8 bytes, and pieces of fewer.
    parts: Box<[Part]>,
    odd_parts: Box<[Part]>,
    blocks: Box<[StackBlock]>,
    result_parts: Box<[ResultPart]>,
    /// The function that hands the result over.
    finish: Finish,
}

/// A piece of an aggregate that travels in a register.
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
struct StackBlock {
    slot: u16,
    to: u32,
    size: u32,
}

/// A piece of an aggregate result, from a register counted from the beginning of the frame.
#[derive(PartialEq, Eq, Debug)]
struct ResultPart {
    from: u32,
    offset: u8,
    len: u8,
}

impl OutgoingMoves {
    fn of(plan: &Plan, capture_errno: bool) -> Result<Self, JitError> {
        let below = plan.stack_size.next_multiple_of(16);
        let place = |loc| match loc {
            Loc::Stack(offset) => Ok::<_, JitError>(offset / WORD),
            Loc::Int(_) | Loc::Float(_) | Loc::X87(_) | Loc::ResultPointer => {
                register(loc).map(|register| below / WORD + register)
            }
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
                    parts.push(Part { slot, offset: offset as u8, len, to: place(loc)? });
                } else {
                    moves.push(Move { from: slot.into(), to: place(loc)? }, Width::of(piece));
                }
            }
            match arg.pass {
                Pass::Ignore | Pass::Pieces(_) => {}
                Pass::Block { stack } => blocks.push(StackBlock { slot, to: stack / WORD, size: arg.size }),
                Pass::ByRef(loc) => return Err(JitError::Place { loc }),
            }
        }
        let (parts, odd_parts): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| u32::from(part.len) == WORD);
        let pack = match (&moves.narrow[..], &odd_parts[..], &blocks[..]) {
            ([], [], []) if parts.is_empty() => pack_words,
            ([], [], []) => pack_parts,
            _ => pack,
        };
        if let Some(count) = plan.vector_count {
            floats = count.into();
        }
        let kept = below / WORD + offset_of!(CallFrame, result) as u32 / WORD;
        let (result, result_to) = match &plan.ret {
            Return::Hidden { pointer, .. } => (&Arg::VOID, place(*pointer)?),
            Return::Pass(arg) => (arg, kept),
        };
        let (finish, result_from) = match result.pieces() {
            [] => (finish_nothing as Finish, 0),
            [piece, ..] if !result.aggregate => (finish_scalar(piece), register(piece.loc)?),
            _ => (finish_bytes as Finish, 0),
        };
        let after = if capture_errno { finish_errno } else { finish };
        Ok(Self {
            header: UniversalHeader {
                enter: universal::enter_call,
                below: below as usize,
                floats,
                before: pack as *const c_void,
                after: after as *const c_void,
            },
            result_to,
            result_from,
            moves,
            parts: parts.into(),
            odd_parts: odd_parts.into(),
            blocks: blocks.into(),
            result_parts: result.pieces().iter().map(ResultPart::of).collect::<Result<_, _>>()?,
            finish,
        })
    }
}

fn finish_scalar(piece: &Piece) -> Finish {
    let float = piece.loc.is_float() && piece.len == 4;
    match Width::of(piece) {
        Width::U32 => finish_slot::<u32>,
        Width::Whole if float => finish_slot::<u32>,
        Width::Whole => finish_slot::<u64>,
        Width::U8 => finish_slot::<u8>,
        Width::U16 => finish_slot::<u16>,
        Width::I8 => finish_slot::<i8>,
        Width::I16 => finish_slot::<i16>,
        Width::I32 => finish_slot::<i32>,
    }
}

impl ResultPart {
    fn of(piece: &Piece) -> Result<Self, JitError> {
        Ok(Self { from: register(piece.loc)?, offset: piece.offset as u8, len: piece.len })
    }
}

/// Fills registers and stack with whole words of slots. Most plans need nothing more.
///
/// # Safety
///
/// * The header is that of a trampoline.
/// * `args` and `result` are those of a call of its plan.
/// * `below` has room for the stack arguments, and the frame lies behind it.
unsafe extern "C" fn pack_words(header: *const UniversalHeader, args: *const u64, result: *mut u64, below: *mut u64) {
    // SAFETY: a trampoline's header begins an `OutgoingMoves`. Its numbers count slots at `args`, and words of the
    // stack arguments and the frame at `below`.
    unsafe {
        let outgoing = &*header.cast::<OutgoingMoves>();
        below.add(outgoing.result_to as usize).write(result as u64);
        outgoing.moves.run_whole(args, below);
    }
}

/// Adds pieces of aggregates that are whole words.
///
/// # Safety
///
/// The contract of [`pack_words`].
unsafe extern "C" fn pack_parts(header: *const UniversalHeader, args: *const u64, result: *mut u64, below: *mut u64) {
    // SAFETY: a trampoline's header begins an `OutgoingMoves`. The slot of an aggregate is the address of its bytes,
    // and pieces lie inside it.
    unsafe {
        pack_words(header, args, result, below);
        for part in &(*header.cast::<OutgoingMoves>()).parts {
            below.add(part.to as usize).write(part.address(args).cast::<u64>().read_unaligned());
        }
    }
}

/// Fills registers and stack for any plan.
///
/// # Safety
///
/// The contract of [`pack_words`].
unsafe extern "C" fn pack(header: *const UniversalHeader, args: *const u64, result: *mut u64, below: *mut u64) {
    // SAFETY: a trampoline's header begins an `OutgoingMoves`. The slot of an aggregate is the address of its bytes;
    // pieces and blocks lie inside it. Moves stay within the slots, the stack arguments and the frame.
    unsafe {
        pack_parts(header, args, result, below);
        let outgoing = &*header.cast::<OutgoingMoves>();
        outgoing.moves.run_narrow(args, below);
        for part in &outgoing.odd_parts {
            below.add(part.to as usize).write(moves::load(part.address(args), part.len));
        }
        for block in &outgoing.blocks {
            let from = args.add(block.slot.into()).read() as *const u8;
            moves::copy(from, below.add(block.to as usize).cast(), block.size as usize);
        }
    }
}

impl Part {
    /// # Safety
    ///
    /// The slot holds an aggregate's address.
    #[inline]
    unsafe fn address(&self, args: *const u64) -> *const u8 {
        // SAFETY: the caller promises that the slot holds an aggregate's address, and a piece lies inside the
        // aggregate.
        unsafe { (args.add(self.slot.into()).read() as *const u8).add(self.offset.into()) }
    }
}

type Finish = unsafe extern "C" fn(header: *const UniversalHeader, frame: *const CallFrame);

/// Does nothing, because there is no result or the function wrote it itself.
unsafe extern "C" fn finish_nothing(_: *const UniversalHeader, _: *const CallFrame) {}

/// Hands a scalar over.
///
/// # Safety
///
/// * The header is that of a trampoline, and `frame` belongs to a call of its plan.
/// * The result registers are stored in the frame.
/// * `result` and `errno` in the frame are those that the trampoline got.
unsafe extern "C" fn finish_slot<T: SlotWord>(header: *const UniversalHeader, frame: *const CallFrame) {
    // SAFETY: a trampoline's header begins an `OutgoingMoves`, and `result_from` counts words of the frame. The
    // trampoline's `result` has room for a slot.
    unsafe {
        let from = (*header.cast::<OutgoingMoves>()).result_from;
        (*frame).result.write(frame.cast::<u64>().add(from as usize).cast::<T>().read().slot_word());
    }
}

/// Hands an aggregate over.
///
/// # Safety
///
/// The contract of [`finish_slot`].
unsafe extern "C" fn finish_bytes(header: *const UniversalHeader, frame: *const CallFrame) {
    // SAFETY: a trampoline's header begins an `OutgoingMoves`, whose registers lie in the frame. The trampoline's
    // `result` has room for the aggregate, and pieces lie inside it.
    unsafe {
        let result = (*frame).result.cast::<u8>();
        for part in &(*header.cast::<OutgoingMoves>()).result_parts {
            let word = frame.cast::<u64>().add(part.from as usize).read();
            moves::store(result.add(part.offset.into()), part.len, word);
        }
    }
}

/// Hands errno over, and then the result.
///
/// # Safety
///
/// The contract of [`finish_slot`].
unsafe extern "C" fn finish_errno(header: *const UniversalHeader, frame: *const CallFrame) {
    // SAFETY: a trampoline that captures errno got an address for it. `finish` has the contract of this function.
    unsafe {
        (*frame).errno.write(errno::location()().read());
        ((*header.cast::<OutgoingMoves>()).finish)(header, frame);
    }
}

#[cfg(all(test, target_arch = "x86_64", not(windows)))]
mod tests {
    use super::*;
    use crate::c::definitions::{Signature, Type};
    use crate::convention::abi::Abi;
    use crate::convention::canonical;

    /// The numbers of the registers' words behind `below` bytes.
    fn int(below: u32, n: u32) -> u32 {
        below / 8 + n
    }

    fn float(below: u32, n: u32) -> u32 {
        below / 8 + 6 + n
    }

    fn outgoing(params: Vec<Type>, first_variadic: Option<usize>, result: impl Into<Option<Type>>) -> OutgoingMoves {
        let signature = match first_variadic {
            None => Signature::new(params, result),
            Some(first) => Signature::variadic(params, first, result),
        }
        .unwrap();
        OutgoingMoves::of(&canonical::outgoing(&signature, Abi::SysV64.plan(&signature).unwrap()), false).unwrap()
    }

    fn bytes(count: u32) -> Type {
        Type::structure([Type::array(Type::U8, count).unwrap()]).unwrap()
    }

    #[test]
    fn scalars_are_whole_slots_wherever_they_go() {
        let mut params = vec![Type::I8, Type::F32, Type::BOOL];
        params.extend(vec![Type::U16; 5]);
        let outgoing = outgoing(params, None, Type::I16);
        let places = [int(16, 0), float(16, 0), int(16, 1), int(16, 2), int(16, 3), int(16, 4), int(16, 5), 0];
        let expected: Vec<_> = (0..).zip(places).map(|(from, to)| Move { from, to }).collect();
        assert_eq!(outgoing.moves, Moves { whole: expected, narrow: Vec::new() });
        assert_eq!((outgoing.header.below, outgoing.header.floats, outgoing.result_from), (16, 1, 0));
        assert_eq!(outgoing.header.before, pack_words as *const c_void);
        assert_eq!(outgoing.header.after, finish_slot::<i16> as *const c_void);
    }

    #[test]
    fn aggregates_go_in_parts_and_blocks() {
        let mixed = Type::structure([Type::I64, Type::F32]).unwrap();
        let outgoing = outgoing(vec![mixed.clone(), bytes(11), bytes(21), bytes(17)], None, mixed);
        let parts = [(0, 0, int(48, 0)), (0, 8, float(48, 0)), (1, 0, int(48, 1))];
        assert_eq!(*outgoing.parts, parts.map(|(slot, offset, to)| Part { slot, offset, len: 8, to }));
        assert_eq!(*outgoing.odd_parts, [Part { slot: 1, offset: 8, len: 3, to: int(48, 2) }]);
        assert_eq!(
            *outgoing.blocks,
            [StackBlock { slot: 2, to: 0, size: 21 }, StackBlock { slot: 3, to: 3, size: 17 }]
        );
        let result_parts = [(0, 0), (6, 8)].map(|(from, offset)| ResultPart { from, offset, len: 8 });
        assert_eq!(*outgoing.result_parts, result_parts);
        assert_eq!(outgoing.moves, Moves::default());
    }

    #[test]
    fn results_in_memory_take_a_register() {
        let outgoing = outgoing(vec![Type::F64], None, bytes(17));
        assert_eq!((outgoing.result_to, &*outgoing.result_parts), (int(0, 0), &[][..]));
        assert_eq!(outgoing.header.after, finish_nothing as *const c_void);
    }

    #[test]
    fn variadic_calls_count_their_vector_registers() {
        let floats = |params, first| outgoing(params, first, None).header.floats;
        assert_eq!(floats(vec![Type::I32, Type::F64, Type::F64], Some(1)), 2);
        assert_eq!(floats(vec![Type::I32], Some(1)), 0);
        assert_eq!(floats(vec![Type::F64; 12], Some(1)), 8);
        assert_eq!(floats(vec![Type::F64; 12], None), 8);
    }
}
