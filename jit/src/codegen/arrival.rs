//! The arrival of C's call: registers and stack arguments by the plan, for code that C calls.
//!
//! Only the contents of registers are parameters of the compiled function. Stack arguments are read from the frame
//! pointer, which Cranelift's frames always have.

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, MemFlagsData, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::call::extend;
use crate::codegen::words::{call_conv, word_type};
use crate::convention::abi::Abi;
use crate::convention::order::{self, ByRegister, Word};
use crate::convention::plan::{Loc, Piece, Plan, Return};
use crate::convention::registers::Order;
use crate::convention::spare::Spare;
use crate::error::JitError;

/// The bytes of the cell and the return address that a [`Spare::Stack`] stub pushes.
const PUSHED_BY_STUB: u32 = 16;

/// The registers of a call in Cranelift's terms.
pub(crate) struct Arrival {
    pub(crate) call_conv: CallConv,
    order: Order,
    /// The types of the words in registers.
    registers: ByRegister<ir::Type>,
    /// The types of the returned words.
    returns: Vec<ir::Type>,
    /// Bytes from the frame pointer to the first stack argument.
    first_argument: u32,
    /// Bytes from the frame pointer to the caller's stack pointer.
    frame: u32,
}

impl Arrival {
    /// Describes the call of a function by its address.
    ///
    /// # Errors
    ///
    /// The plan has a place that Cranelift cannot reach.
    pub(crate) fn of(abi: Abi, plan: &Plan) -> Result<Self, JitError> {
        let convention = abi.convention();
        let mut registers = ByRegister::new();
        for (loc, word) in order::words(plan) {
            match (loc, word) {
                (Loc::Stack(_), _) => {}
                (_, Word::Piece { piece, .. }) => registers.put(loc, word_type(&piece))?,
                (_, Word::ResultPointer | Word::Block { .. } | Word::CopyAddress { .. }) => {
                    registers.put(loc, types::I64)?;
                }
            }
        }
        let returns = match &plan.ret {
            Return::Pass(arg) => arg.pieces().iter().map(word_type).collect(),
            Return::Hidden { returned_in, .. } => returned_in.map(|_| types::I64).into_iter().collect(),
        };
        let (first_argument, frame) = (convention.stack_arguments(), convention.frame);
        Ok(Self { call_conv: call_conv(abi), order: convention.order, registers, returns, first_argument, frame })
    }

    /// Describes the call through a stub that leaves its cell in `place`.
    ///
    /// # Errors
    ///
    /// The errors of [`of`](Self::of).
    pub(crate) fn behind_stub(abi: Abi, plan: &Plan, place: Spare) -> Result<Self, JitError> {
        let mut arrival = Self::of(abi, plan)?;
        match place {
            Spare::Int(n) => arrival.registers.put(Loc::Int(n), types::I64)?,
            Spare::Float(n) => arrival.registers.put(Loc::Float(n), types::F64)?,
            Spare::Stack => arrival.first_argument += PUSHED_BY_STUB,
        }
        Ok(arrival)
    }

    /// Returns the registers in the convention's order. A register without a word can hold anything.
    fn in_order(&self) -> Vec<(Loc, ir::Type)> {
        self.registers.in_order(self.order, |loc| if loc.is_float() { types::F64 } else { types::I64 })
    }

    /// Returns the compiled function's own signature: the registers that hold something.
    pub(crate) fn signature(&self) -> ir::Signature {
        let mut signature = ir::Signature::new(self.call_conv);
        signature.params.extend(self.in_order().into_iter().map(|(_, ty)| AbiParam::new(ty)));
        signature.returns.extend(self.returns.iter().copied().map(AbiParam::new));
        signature
    }

    /// Begins the function.
    pub(crate) fn enter(&self, b: &mut FunctionBuilder<'_>) -> Arrived {
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let places = self.in_order().into_iter().map(|(loc, _)| loc);
        let registers = places.zip(b.block_params(entry).iter().copied()).collect();
        let frame_pointer = b.ins().get_frame_pointer(types::I64);
        Arrived { registers, frame_pointer, first_argument: self.first_argument, frame: self.frame }
    }
}

/// A pointer on the caller's stack: bytes from the frame pointer. It stays there until the function returns.
#[derive(Clone, Copy)]
pub(crate) struct StackPlace(i32);

impl StackPlace {
    /// Loads the pointer, anywhere in the function.
    pub(crate) fn load(self, b: &mut FunctionBuilder<'_>) -> Value {
        let frame_pointer = b.ins().get_frame_pointer(types::I64);
        b.ins().load(types::I64, UNALIGNED, frame_pointer, self.0)
    }
}

/// The words of the call, as they arrived.
pub(crate) struct Arrived {
    registers: Vec<(Loc, Value)>,
    pub(crate) frame_pointer: Value,
    /// Bytes from the frame pointer to the first stack argument.
    first_argument: u32,
    /// Bytes from the frame pointer to the caller's stack pointer. A stub pushes its cell there.
    frame: u32,
}

impl Arrived {
    /// Returns the cell that a stub left in `place`.
    pub(crate) fn cell(&self, b: &mut FunctionBuilder<'_>, place: Spare) -> Value {
        match place {
            Spare::Int(n) => self.word(Loc::Int(n)),
            Spare::Float(n) => b.ins().bitcast(types::I64, MemFlagsData::new(), self.word(Loc::Float(n))),
            Spare::Stack => b.ins().load(types::I64, UNALIGNED, self.frame_pointer, self.frame as i32),
        }
    }

    /// Returns a scalar as a slot.
    pub(crate) fn slot(&self, b: &mut FunctionBuilder<'_>, piece: &Piece) -> Value {
        match piece.loc {
            loc @ Loc::Float(_) => bytes::float_slot(b, self.word(loc)),
            // Loads exactly the value's bytes, because a wider load would wait for the caller's store.
            Loc::Stack(offset) => bytes::load_extended(b, self.frame_pointer, self.frame_offset(offset), piece),
            loc @ (Loc::Int(_) | Loc::X87(_) | Loc::ResultPointer) => {
                let word = self.word(loc);
                extend(b, word, piece)
            }
        }
    }

    /// Returns the place of a pointer that arrives on the stack.
    pub(crate) fn stack_place(&self, piece: &Piece) -> Option<StackPlace> {
        if let Loc::Stack(offset) = piece.loc { Some(StackPlace(self.frame_offset(offset))) } else { None }
    }

    /// Returns a float of this type.
    pub(crate) fn float(&self, b: &mut FunctionBuilder<'_>, piece: &Piece, ty: ir::Type) -> Value {
        match piece.loc {
            Loc::Stack(offset) => b.ins().load(ty, UNALIGNED, self.frame_pointer, self.frame_offset(offset)),
            loc @ (Loc::Int(_) | Loc::Float(_) | Loc::X87(_) | Loc::ResultPointer) => self.word(loc),
        }
    }

    /// Returns the word in a register of the call.
    pub(crate) fn word(&self, loc: Loc) -> Value {
        let word = self.registers.iter().find(|(place, _)| *place == loc);
        word.map_or_else(|| unreachable!("the plan has this register"), |&(_, word)| word)
    }

    pub(crate) fn frame_offset(&self, stack: u32) -> i32 {
        (self.first_argument + stack) as i32
    }

    /// Returns true if the bytes at this stack offset can serve as the copy that a slot points to.
    pub(crate) fn aligned(&self, stack: u32) -> bool {
        self.frame_offset(stack) % 16 == 0
    }
}
