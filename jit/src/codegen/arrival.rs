//! What C's call brings: registers and stack arguments as a plan has them, for code that C calls.
//!
//! Only what arrives in registers is a parameter of the compiled function. Stack arguments are read where they are, from the
//! frame pointer, which Cranelift's frames always have.

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, MemFlagsData, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::call::extend;
use crate::codegen::words::{call_conv, word_type};
use crate::convention::abi::Abi;
use crate::convention::order::{self, Word};
use crate::convention::plan::{Loc, Piece, Plan, Return};
use crate::convention::spare::Spare;
use crate::error::JitError;

/// The context and the return address of [`Spare::Stack`].
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
    /// From the frame pointer to what a stub pushed.
    pushed: u32,
}

impl Arrival {
    /// The call of a function by its address.
    ///
    /// # Errors
    ///
    /// The plan has a place that Cranelift cannot reach.
    pub(crate) fn of(abi: Abi, plan: &Plan) -> Result<Self, JitError> {
        let (mut ints, mut floats) = (0, Vec::new());
        for (loc, word) in order::words(plan) {
            match loc {
                Loc::Int(n) => ints = usize::from(n) + 1,
                Loc::Float(n) => {
                    // A gap can hold anything.
                    floats.resize(usize::from(n), types::F64);
                    floats.push(if let Word::Piece { piece, .. } = word { word_type(&piece) } else { types::F64 });
                }
                Loc::Stack(_) => {}
                Loc::X87(_) | Loc::ResultPointer => return Err(JitError::Place { loc }),
            }
        }
        let returns = match &plan.ret {
            Return::Pass(arg) => arg.pieces().iter().map(word_type).collect(),
            Return::Hidden { returned_in, .. } => returned_in.map(|_| types::I64).into_iter().collect(),
        };
        let stack = abi.convention().stack_arguments();
        Ok(Self { call_conv: call_conv(abi), ints, floats, returns, stack, pushed: stack })
    }

    /// The call through a stub that leaves its context in this place.
    ///
    /// # Errors
    ///
    /// Those of [`of`](Self::of).
    pub(crate) fn with_context(abi: Abi, plan: &Plan, place: Spare) -> Result<Self, JitError> {
        let mut arrival = Self::of(abi, plan)?;
        match place {
            Spare::Int(_) => arrival.ints += 1,
            Spare::Float(_) => arrival.floats.push(types::F64),
            Spare::Stack => arrival.stack += PUSHED_BY_STUB,
        }
        Ok(arrival)
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
    pub(crate) fn enter(&self, b: &mut FunctionBuilder<'_>) -> Arrived {
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let (ints, floats) = b.block_params(entry).split_at(self.ints);
        let (ints, floats) = (ints.to_vec(), floats.to_vec());
        let frame = b.ins().get_frame_pointer(types::I64);
        Arrived { ints, floats, frame, stack: self.stack, pushed: self.pushed }
    }
}

/// The words of the call, as they arrived.
pub(crate) struct Arrived {
    ints: Vec<Value>,
    floats: Vec<Value>,
    pub(crate) frame: Value,
    /// From the frame pointer to the first stack argument.
    stack: u32,
    /// From the frame pointer to what a stub pushed.
    pushed: u32,
}

impl Arrived {
    /// The context that a stub left.
    pub(crate) fn context(&self, b: &mut FunctionBuilder<'_>, place: Spare) -> Value {
        match place {
            Spare::Int(n) => self.ints[usize::from(n)],
            Spare::Float(n) => b.ins().bitcast(types::I64, MemFlagsData::new(), self.floats[usize::from(n)]),
            Spare::Stack => b.ins().load(types::I64, UNALIGNED, self.frame, self.pushed as i32),
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
                unreachable!("the arrival of such a call is an error")
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
