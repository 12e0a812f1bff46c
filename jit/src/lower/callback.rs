//! Thunks: C's call, read from registers and stack as the plan says, becomes `handler(context, args, result)`.
//!
//! Scalars become canonical slots; the slot of an aggregate points to its bytes at a multiple of 16. What `result` points to
//! is zero when the handler is called: one slot for a scalar, the bytes of an aggregate.
//!
//! Only what arrives in registers is a parameter of the compiled function. Stack arguments are read where they are, from the
//! frame pointer, which Cranelift's frames always have.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, Block, InstBuilder, MemFlagsData, StackSlot, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;

use super::bytes::{self, UNALIGNED};
use super::call::extend;
use super::frame::{self, Kept};
use super::signature::{call_conv, word_type};
use super::stub::ContextPlace;
use crate::abi::Abi;
use crate::plan::{Arg, Loc, Pass, Piece, Return};
use crate::shape::CallbackPlan;

/// The saved frame pointer and the return address lie between the frame pointer and what the caller pushed.
const STACK_ARGUMENTS: u32 = 16;

/// The context and the return address of [`ContextPlace::Stack`].
const PUSHED_BY_STUB: u32 = 16;

/// Blocks are copied by straight code as long as they take no more bytes than this together, and by loops beyond.
const MAX_UNROLLED: u32 = 1024;

/// A thunk in Cranelift's terms.
pub(crate) struct Incoming<'a> {
    callback: &'a CallbackPlan,
    pub(crate) context: ContextPlace,
    pub(crate) call_conv: CallConv,
    ints: usize,
    /// The types of the words in float registers.
    floats: Vec<ir::Type>,
}

impl<'a> Incoming<'a> {
    pub(crate) fn of(abi: Abi, callback: &'a CallbackPlan) -> Self {
        let plan = &callback.plan;
        let (mut ints, mut floats) = (0, Vec::new());
        let mut put = |loc, ty| match loc {
            Loc::Int(n) => ints = ints.max(usize::from(n) + 1),
            Loc::Float(n) => {
                // A gap can hold anything.
                floats.resize(floats.len().max(usize::from(n) + 1), types::F64);
                floats[usize::from(n)] = ty;
            }
            Loc::Stack(_) => {}
            Loc::X87(_) | Loc::ResultPointer => unreachable!("no convention here has such a place for arguments"),
        };
        if let Return::Hidden { pointer, .. } = plan.ret {
            put(pointer, types::I64);
        }
        for piece in plan.args.iter().flat_map(Arg::pieces) {
            put(piece.loc, word_type(piece));
        }
        let registers = abi.registers();
        let context = if ints < registers.int.into() {
            ContextPlace::Int(ints as u8)
        } else if floats.len() < registers.float.into() {
            ContextPlace::Float(floats.len() as u8)
        } else {
            ContextPlace::Stack
        };
        Self { callback, context, call_conv: call_conv(abi), ints, floats }
    }

    /// The compiled function's own signature: the registers that hold something.
    pub(crate) fn signature(&self) -> ir::Signature {
        let mut signature = ir::Signature::new(self.call_conv);
        let ints = std::iter::repeat_n(types::I64, self.ints).chain(int_context(self.context));
        let floats = self.floats.iter().copied().chain(float_context(self.context));
        signature.params.extend(ints.chain(floats).map(AbiParam::new));
        match &self.callback.plan.ret {
            Return::Pass(arg) => {
                signature.returns.extend(arg.pieces().iter().map(|piece| AbiParam::new(word_type(piece))))
            }
            Return::Hidden { returned_in, .. } => {
                signature.returns.extend(returned_in.map(|_| AbiParam::new(types::I64)))
            }
        }
        signature
    }
}

fn int_context(place: ContextPlace) -> Option<ir::Type> {
    matches!(place, ContextPlace::Int(_)).then_some(types::I64)
}

fn float_context(place: ContextPlace) -> Option<ir::Type> {
    matches!(place, ContextPlace::Float(_)).then_some(types::F64)
}

/// Emits the thunk.
pub(crate) fn emit(b: &mut FunctionBuilder<'_>, incoming: &Incoming<'_>) {
    let Incoming { callback: CallbackPlan { plan, returns_bool }, context, .. } = incoming;
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);

    let words = Words::arrived(b, incoming, entry);
    let result = ResultPlace::prepare(b, &plan.ret, &words);
    let args = store_arguments(b, &plan.args, &words);
    let result_address = result.zeroed(b);

    let context = words.context(b, *context);
    let handler = b.ins().load(types::I64, UNALIGNED, context, 0);
    let context = b.ins().load(types::I64, UNALIGNED, context, 8);
    let mut signature = ir::Signature::new(incoming.call_conv);
    signature.params.extend([AbiParam::new(types::I64); 3]);
    let signature = b.import_signature(signature);
    b.ins().call_indirect(signature, handler, &[context, args, result_address]);

    let words = result.load(b, *returns_bool);
    b.ins().return_(&words);
}

/// The words of the call, as they arrived.
struct Words {
    ints: Vec<Value>,
    floats: Vec<Value>,
    frame: Value,
    /// From the frame pointer to the first stack argument.
    stack: u32,
}

impl Words {
    fn arrived(b: &mut FunctionBuilder<'_>, incoming: &Incoming<'_>, entry: Block) -> Self {
        let ints = incoming.ints + int_context(incoming.context).into_iter().count();
        let (ints, floats) = b.block_params(entry).split_at(ints);
        let (ints, floats) = (ints.to_vec(), floats.to_vec());
        let pushed = if incoming.context == ContextPlace::Stack { PUSHED_BY_STUB } else { 0 };
        Self { ints, floats, frame: b.ins().get_frame_pointer(types::I64), stack: STACK_ARGUMENTS + pushed }
    }

    fn context(&self, b: &mut FunctionBuilder<'_>, place: ContextPlace) -> Value {
        match place {
            ContextPlace::Int(n) => self.ints[usize::from(n)],
            ContextPlace::Float(n) => b.ins().bitcast(types::I64, MemFlagsData::new(), self.floats[usize::from(n)]),
            ContextPlace::Stack => b.ins().load(types::I64, UNALIGNED, self.frame, STACK_ARGUMENTS as i32),
        }
    }

    /// A scalar as a slot.
    fn slot(&self, b: &mut FunctionBuilder<'_>, piece: &Piece) -> Value {
        match piece.loc {
            Loc::Float(n) => bytes::float_slot(b, self.floats[usize::from(n)]),
            // Exactly the value's bytes: a wider load has to wait for the caller's store.
            Loc::Stack(offset) => bytes::load_extended(b, self.frame, self.frame_offset(offset), piece),
            loc => {
                let word = self.word(loc);
                extend(b, word, piece)
            }
        }
    }

    /// What a register holds.
    fn word(&self, loc: Loc) -> Value {
        match loc {
            Loc::Int(n) => self.ints[usize::from(n)],
            Loc::Float(n) => self.floats[usize::from(n)],
            Loc::Stack(_) | Loc::X87(_) | Loc::ResultPointer => {
                unreachable!("no convention here has such a place for a part of an argument")
            }
        }
    }

    fn frame_offset(&self, stack: u32) -> i32 {
        (self.stack + stack) as i32
    }

    /// Whether what lies there can serve as the copy that a slot points to.
    fn aligned(&self, stack: u32) -> bool {
        self.frame_offset(stack) % 16 == 0
    }
}

/// Fills the slots and the bytes that they point to; returns their address.
fn store_arguments(b: &mut FunctionBuilder<'_>, args: &[Arg], words: &Words) -> Value {
    let slots = (args.len() as u32 * 8).next_multiple_of(16);
    let copies: Vec<_> = args.iter().map(|arg| copy_size(arg, words)).collect();
    // One byte more, for there is no memory without an address.
    let memory = frame::reserve(b, (slots + copies.iter().sum::<u32>()).max(1));
    let places = copies.iter().scan(slots, |next, copy| Some(std::mem::replace(next, *next + copy)));
    let mut order: Vec<_> = args.iter().enumerate().zip(copies.iter().zip(places)).collect();
    // What arrived in integer registers goes first: there are few, and the rest needs some of them on its way.
    order.sort_by_key(|((_, arg), _)| !arg.pieces().iter().any(|piece| matches!(piece.loc, Loc::Int(_))));
    let mut unrolled = 0;
    for ((index, arg), (&copy, next)) in order {
        let slot = match &arg.pass {
            Pass::Pieces(pieces) if !arg.aggregate => words.slot(b, &pieces[0]),
            Pass::Block { stack } if copy == 0 => {
                b.ins().iadd_imm_s(words.frame, i64::from(words.frame_offset(*stack)))
            }
            Pass::Block { stack } => {
                let to = frame::address(b, memory, next);
                let size = arg.size.next_multiple_of(8);
                unrolled += size;
                bytes::copy(b, words.frame, words.frame_offset(*stack), to, size, unrolled <= MAX_UNROLLED);
                to
            }
            Pass::Pieces(pieces) => {
                store_pieces(b, arg.size, pieces, words, memory, next);
                frame::address(b, memory, next)
            }
            Pass::Ignore => frame::address(b, memory, 0),
            Pass::ByRef(_) => unreachable!("no convention here passes copies by reference"),
        };
        b.ins().stack_store(types::I64, slot, memory, index as i32 * 8);
    }
    frame::address(b, memory, 0)
}

/// How much memory an argument takes besides its slot.
fn copy_size(arg: &Arg, words: &Words) -> u32 {
    match &arg.pass {
        Pass::Block { stack } if words.aligned(*stack) => 0,
        Pass::Pieces(_) | Pass::Block { .. } if arg.aggregate => arg.size.next_multiple_of(16),
        _ => 0,
    }
}

/// Parts of an aggregate to its bytes, in whole words: there is room, and words do not overlap.
fn store_pieces(
    b: &mut FunctionBuilder<'_>,
    size: u32,
    pieces: &[Piece],
    words: &Words,
    memory: StackSlot,
    offset: u32,
) {
    // Padding that is not passed.
    for word in (0..size).step_by(8).filter(|&word| pieces.iter().all(|piece| piece.offset / 8 != word / 8)) {
        let zero = b.ins().iconst(types::I64, 0);
        b.ins().stack_store(types::I64, zero, memory, (offset + word) as i32);
    }
    for piece in pieces {
        b.ins().stack_store(types::I64, words.word(piece.loc), memory, (offset + piece.offset) as i32);
    }
}

/// Where the handler writes the result.
enum ResultPlace<'a> {
    /// Memory of the frame, one slot or the bytes of an aggregate that is returned in registers.
    Frame { memory: StackSlot, arg: &'a Arg },
    /// The caller's memory, whose address it gets back if `kept`.
    Hidden { pointer: Value, size: u32, kept: Option<Kept> },
}

impl<'a> ResultPlace<'a> {
    fn prepare(b: &mut FunctionBuilder<'_>, ret: &'a Return, words: &Words) -> Self {
        match ret {
            Return::Pass(arg) => Self::Frame { memory: frame::reserve(b, arg.size.next_multiple_of(8).max(8)), arg },
            Return::Hidden { size, pointer, returned_in, .. } => {
                let pointer = words.word(*pointer);
                let kept = returned_in.map(|_| Kept::store(b, pointer));
                Self::Hidden { pointer, size: *size, kept }
            }
        }
    }

    /// The address for the handler, with zeros behind it.
    fn zeroed(&self, b: &mut FunctionBuilder<'_>) -> Value {
        let (address, size) = match self {
            Self::Frame { memory, arg } => (frame::address(b, *memory, 0), arg.size.next_multiple_of(8)),
            Self::Hidden { pointer, size, .. } => (*pointer, *size),
        };
        bytes::zero(b, address, size);
        address
    }

    /// What the thunk returns.
    fn load(&self, b: &mut FunctionBuilder<'_>, returns_bool: bool) -> Vec<Value> {
        let (memory, arg) = match self {
            Self::Hidden { kept, .. } => return kept.iter().map(|pointer| pointer.load(b)).collect(),
            Self::Frame { memory, arg } => (*memory, arg),
        };
        let base = frame::address(b, memory, 0);
        let word = |piece: &Piece| match piece.loc {
            Loc::Int(_) if returns_bool => {
                let slot = b.ins().load(types::I64, UNALIGNED, base, 0);
                let is_true = b.ins().icmp_imm_u(IntCC::NotEqual, slot, 0);
                b.ins().uextend(types::I64, is_true)
            }
            Loc::Int(_) if !arg.aggregate => bytes::load_extended(b, base, 0, piece),
            _ => b.ins().load(word_type(piece), UNALIGNED, base, piece.offset as i32),
        };
        arg.pieces().iter().map(word).collect()
    }
}
