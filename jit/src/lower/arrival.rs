//! What C's call brings: registers and stack arguments as a plan has them, for code that C calls.
//!
//! Only what arrives in registers is a parameter of the compiled function. Stack arguments are read where they are, from the
//! frame pointer, which Cranelift's frames always have.

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, MemFlagsData, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;

use super::bytes::{self, UNALIGNED};
use super::call::extend;
use super::signature::{call_conv, word_type};
use super::stub::ContextPlace;
use crate::abi::Abi;
use crate::plan::{Arg, Loc, Piece, Plan, Return};

/// The saved frame pointer and the return address lie between the frame pointer and what the caller pushed.
const STACK_ARGUMENTS: u32 = 16;

/// The context and the return address of [`ContextPlace::Stack`].
const PUSHED_BY_STUB: u32 = 16;

/// The registers of a call in Cranelift's terms.
pub(crate) struct Arrival {
    pub(crate) call_conv: CallConv,
    ints: usize,
    /// The types of the words in float registers.
    floats: Vec<ir::Type>,
    /// What the function returns.
    returns: Vec<ir::Type>,
    /// From the frame pointer to the first stack argument.
    stack: u32,
}

impl Arrival {
    /// The call of a function by its address.
    pub(crate) fn of(abi: Abi, plan: &Plan) -> Self {
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
        let returns = match &plan.ret {
            Return::Pass(arg) => arg.pieces().iter().map(word_type).collect(),
            Return::Hidden { returned_in, .. } => returned_in.map(|_| types::I64).into_iter().collect(),
        };
        Self { call_conv: call_conv(abi), ints, floats, returns, stack: STACK_ARGUMENTS }
    }

    /// The call through a stub, and where that leaves its context.
    pub(crate) fn with_context(abi: Abi, plan: &Plan) -> (Self, ContextPlace) {
        let mut arrival = Self::of(abi, plan);
        let registers = abi.registers();
        let place = if arrival.ints < registers.int.into() {
            arrival.ints += 1;
            ContextPlace::Int(arrival.ints as u8 - 1)
        } else if arrival.floats.len() < registers.float.into() {
            arrival.floats.push(types::F64);
            ContextPlace::Float(arrival.floats.len() as u8 - 1)
        } else {
            arrival.stack += PUSHED_BY_STUB;
            ContextPlace::Stack
        };
        (arrival, place)
    }

    /// The compiled function's own signature: the registers that hold something.
    pub(crate) fn signature(&self) -> ir::Signature {
        let mut signature = ir::Signature::new(self.call_conv);
        let ints = std::iter::repeat_n(types::I64, self.ints);
        signature.params.extend(ints.chain(self.floats.iter().copied()).map(AbiParam::new));
        signature.returns.extend(self.returns.iter().copied().map(AbiParam::new));
        signature
    }

    /// Begins the function.
    pub(crate) fn enter(&self, b: &mut FunctionBuilder<'_>) -> Words {
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let (ints, floats) = b.block_params(entry).split_at(self.ints);
        let (ints, floats) = (ints.to_vec(), floats.to_vec());
        Words { ints, floats, frame: b.ins().get_frame_pointer(types::I64), stack: self.stack }
    }
}

/// The words of the call, as they arrived.
pub(crate) struct Words {
    ints: Vec<Value>,
    floats: Vec<Value>,
    pub(crate) frame: Value,
    /// From the frame pointer to the first stack argument.
    stack: u32,
}

impl Words {
    /// The context that a stub left.
    pub(crate) fn context(&self, b: &mut FunctionBuilder<'_>, place: ContextPlace) -> Value {
        match place {
            ContextPlace::Int(n) => self.ints[usize::from(n)],
            ContextPlace::Float(n) => b.ins().bitcast(types::I64, MemFlagsData::new(), self.floats[usize::from(n)]),
            ContextPlace::Stack => b.ins().load(types::I64, UNALIGNED, self.frame, STACK_ARGUMENTS as i32),
        }
    }

    /// A scalar as a slot.
    pub(crate) fn slot(&self, b: &mut FunctionBuilder<'_>, piece: &Piece) -> Value {
        match piece.loc {
            Loc::Float(n) => bytes::float_slot(b, self.floats[usize::from(n)]),
            // Exactly the value's bytes: a wider load has to wait for the caller's store.
            Loc::Stack(offset) => bytes::load_extended(b, self.frame, self.frame_offset(offset), piece),
            loc @ (Loc::Int(_) | Loc::X87(_) | Loc::ResultPointer) => {
                let word = self.word(loc);
                extend(b, word, piece)
            }
        }
    }

    /// A float of this type.
    pub(crate) fn float(&self, b: &mut FunctionBuilder<'_>, piece: &Piece, ty: ir::Type) -> Value {
        match piece.loc {
            Loc::Stack(offset) => b.ins().load(ty, UNALIGNED, self.frame, self.frame_offset(offset)),
            loc @ (Loc::Int(_) | Loc::Float(_) | Loc::X87(_) | Loc::ResultPointer) => self.word(loc),
        }
    }

    /// What a register holds.
    pub(crate) fn word(&self, loc: Loc) -> Value {
        match loc {
            Loc::Int(n) => self.ints[usize::from(n)],
            Loc::Float(n) => self.floats[usize::from(n)],
            Loc::Stack(_) | Loc::X87(_) | Loc::ResultPointer => {
                unreachable!("no convention here has such a place for a part of an argument")
            }
        }
    }

    pub(crate) fn frame_offset(&self, stack: u32) -> i32 {
        (self.stack + stack) as i32
    }

    /// Whether what lies there can serve as the copy that a slot points to.
    pub(crate) fn aligned(&self, stack: u32) -> bool {
        self.frame_offset(stack) % 16 == 0
    }
}
