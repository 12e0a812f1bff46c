//! The memory of a thunk's frame: slots of the arguments, the bytes that they point to, and the result.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::arrival::Arrived;
use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::frame::{self, Kept};
use crate::codegen::words::word_type;
use crate::convention::plan::{Arg, Ext, Loc, Pass, Piece, Return};

/// The largest sum of blocks, in bytes, that straight code copies. Larger sums are copied by loops.
const MAX_UNROLLED: u32 = 1024;

/// Fills the slots and the bytes that they point to. The slots begin at the memory that it returns.
pub(crate) fn store_arguments(b: &mut FunctionBuilder<'_>, args: &[Arg], words: &Arrived) -> StackSlot {
    let slots = (args.len() as u32 * 8).next_multiple_of(16);
    let copies: Vec<_> = args.iter().map(|arg| copy_size(arg, words)).collect();
    // Reserves at least one byte, because memory without bytes does not have an address.
    let memory = frame::reserve(b, (slots + copies.iter().sum::<u32>()).max(1));
    let places = copies.iter().scan(slots, |next, copy| Some(std::mem::replace(next, *next + copy)));
    let all = args.iter().enumerate().zip(copies.iter().zip(places));
    // Stores the words in integer registers first. There are few of them, and the other words pass through some of
    // these registers.
    let (first, others): (Vec<_>, Vec<_>) =
        all.partition(|((_, arg), _)| arg.pieces().iter().any(|piece| matches!(piece.loc, Loc::Int(_))));
    let mut unrolled = 0;
    for ((index, arg), (&copy, next)) in first.into_iter().chain(others) {
        let slot = match &arg.pass {
            Pass::Pieces(pieces) if !arg.aggregate => words.slot(b, &pieces[0]),
            Pass::Block { stack } if copy == 0 => {
                b.ins().iadd_imm_s(words.frame_pointer, i64::from(words.frame_offset(*stack)))
            }
            Pass::Block { stack } => {
                let to = frame::address(b, memory, next);
                let size = arg.size.next_multiple_of(8);
                unrolled += size;
                bytes::copy(b, words.frame_pointer, words.frame_offset(*stack), to, size, unrolled <= MAX_UNROLLED);
                to
            }
            Pass::Pieces(pieces) => {
                store_pieces(b, arg.size, pieces, words, memory, next);
                frame::address(b, memory, next)
            }
            Pass::Ignore => frame::address(b, memory, 0),
            // The copy belongs to the callee, so the slot may point to it.
            Pass::ByRef(loc) => words.slot(b, &Piece::new(0, 8, *loc, Ext::None)),
        };
        b.ins().stack_store(types::I64, slot, memory, index as i32 * 8);
    }
    memory
}

/// Returns the memory that an argument takes besides its slot.
fn copy_size(arg: &Arg, words: &Arrived) -> u32 {
    let is_copied = match &arg.pass {
        Pass::Pieces(_) => arg.aggregate,
        Pass::Block { stack } => arg.aggregate && !words.aligned(*stack),
        Pass::Ignore | Pass::ByRef(_) => false,
    };
    if is_copied { arg.size.next_multiple_of(16) } else { 0 }
}

/// Stores pieces of an aggregate to its bytes, in whole words: there is room, and words do not overlap.
fn store_pieces(
    b: &mut FunctionBuilder<'_>,
    size: u32,
    pieces: &[Piece],
    words: &Arrived,
    memory: StackSlot,
    offset: u32,
) {
    // Zeroes words of padding, which is not passed.
    for word in (0..size).step_by(8).filter(|&word| pieces.iter().all(|piece| piece.offset / 8 != word / 8)) {
        let zero = b.ins().iconst(types::I64, 0);
        b.ins().stack_store(types::I64, zero, memory, (offset + word) as i32);
    }
    for piece in pieces {
        b.ins().stack_store(types::I64, words.word(piece.loc), memory, (offset + piece.offset) as i32);
    }
}

/// The memory for the handler's result.
pub(crate) enum ResultPlace<'a> {
    /// Memory of the frame: one slot, or the bytes of an aggregate that is returned in registers.
    Frame { memory: StackSlot, arg: &'a Arg },
    /// The caller's memory. Its address is returned if it is `kept`.
    Hidden { pointer: Value, size: u32, kept: Option<Kept> },
}

impl<'a> ResultPlace<'a> {
    pub(crate) fn prepare(b: &mut FunctionBuilder<'_>, ret: &'a Return, words: &Arrived) -> Self {
        match ret {
            Return::Pass(arg) => Self::Frame { memory: frame::reserve(b, arg.size.next_multiple_of(8).max(8)), arg },
            Return::Hidden { size, pointer, returned_in, .. } => {
                let pointer = words.word(*pointer);
                let kept = returned_in.map(|_| Kept::store(b, pointer));
                Self::Hidden { pointer, size: *size, kept }
            }
        }
    }

    /// Returns the address for the handler, after zeroing the memory.
    pub(crate) fn zeroed(&self, b: &mut FunctionBuilder<'_>) -> Value {
        let (address, size) = match self {
            Self::Frame { memory, arg } => (frame::address(b, *memory, 0), arg.size.next_multiple_of(8)),
            Self::Hidden { pointer, size, .. } => (*pointer, *size),
        };
        bytes::zero(b, address, size);
        address
    }

    /// Loads the words that the thunk returns.
    pub(crate) fn load(&self, b: &mut FunctionBuilder<'_>, returns_bool: bool) -> Vec<Value> {
        let (memory, arg) = match self {
            Self::Hidden { kept, .. } => return kept.iter().map(|pointer| pointer.load(b)).collect(),
            Self::Frame { memory, arg } => (*memory, arg),
        };
        let base = frame::address(b, memory, 0);
        let word = |piece: &Piece| {
            let is_int = matches!(piece.loc, Loc::Int(_));
            if is_int && returns_bool {
                let byte = b.ins().load(types::I8, UNALIGNED, base, 0);
                let is_true = b.ins().icmp_imm_u(IntCC::NotEqual, byte, 0);
                b.ins().uextend(types::I64, is_true)
            } else if is_int && !arg.aggregate {
                bytes::load_extended(b, base, 0, piece)
            } else {
                b.ins().load(word_type(piece), UNALIGNED, base, piece.offset as i32)
            }
        };
        arg.pieces().iter().map(word).collect()
    }
}
