//! Values of results without a class, which the engine's own functions make.

use cranelift_codegen::ir::{self, Block, InstBuilder, MemFlagsData, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::definitions::Type;
use crate::c::scalar::Scalar;
use crate::codegen::bits::Bits;
use crate::codegen::blocks::next_block;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::call::{self, Source, extend, store_pieces};
use crate::codegen::test::holds;
use crate::codegen::words::CallWords;
use crate::codegen::{frame, numbers};
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::{Piece, Plan, Return};
use crate::engine::values::make::{MakeFunction, MakeRole};
use crate::engine::values::model::ValueModel;
use crate::error::JitError;

/// The number of integer registers that the parameters take on their way: the address of the function.
const MAKING_REGISTERS: usize = 1;

/// The call of the engine's function.
pub(crate) struct MakeCall<'a> {
    function: &'a MakeFunction,
    plan: Plan,
    words: CallWords,
}

impl<'a> MakeCall<'a> {
    pub(crate) fn of(abi: Abi, function: &'a MakeFunction) -> Result<Self, JitError> {
        let plan = canonical::outgoing(&function.native, abi.plan(&function.native)?);
        let words = CallWords::of(abi, &plan, MAKING_REGISTERS)?;
        Ok(Self { function, plan, words })
    }

    /// Makes the value of a scalar, or of the `size` bytes at this address, and returns its words. Continues in `thrown` if
    /// the function has thrown.
    pub(crate) fn make(
        &self,
        b: &mut FunctionBuilder<'_>,
        context: Value,
        (value, size): (Value, u32),
        model: &ValueModel,
        thrown: Block,
    ) -> Vec<Value> {
        let memory = frame::reserve(b, 16);
        let value = self.widen(b, value);
        let mut source = Arguments { function: self.function, context, value, size, memory };
        let target = b.ins().iconst(types::I64, self.function.address as i64);
        let returned = call::emit(b, &self.plan, &self.words, &mut source, target, None);
        let value = self.value(b, &returned, memory, usize::from(model.size / 8));
        let is_thrown = holds(b, Bits::Words(&value), self.function.thrown);
        let next = next_block(b);
        b.ins().brif(is_thrown, thrown, &[], next, &[]);
        b.seal_block(next);
        b.switch_to_block(next);
        if model.indirect { vec![b.ins().load(types::I64, UNALIGNED, value[0], 0)] } else { value }
    }

    /// Returns a number as the double that the function takes, and other scalars as they are.
    fn widen(&self, b: &mut FunctionBuilder<'_>, value: Value) -> Value {
        let takes_double =
            |(role, ty): (&MakeRole, &Type)| *role == MakeRole::Value && ty.as_scalar() == Some(Scalar::F64);
        match b.func.dfg.value_type(value) {
            types::F32 => numbers::promote(b, value),
            types::I64 if self.function.roles.iter().zip(self.function.native.params()).any(takes_double) => {
                b.ins().fcvt_from_sint(types::F64, value)
            }
            _ => value,
        }
    }

    /// Returns the words of the value.
    fn value(&self, b: &mut FunctionBuilder<'_>, words: &[Value], memory: StackSlot, count: usize) -> Vec<Value> {
        if let Return::Pass(arg) = &self.plan.ret {
            let is_word = |(index, piece): (usize, &Piece)| piece.offset as usize == index * 8 && piece.len == 8;
            if arg.pieces().len() == count && arg.pieces().iter().enumerate().all(is_word) {
                let integer = |(&word, piece): (&Value, &Piece)| {
                    if piece.loc.is_float() { b.ins().bitcast(types::I64, MemFlagsData::new(), word) } else { word }
                };
                return words.iter().zip(arg.pieces()).map(integer).collect();
            }
            let base = frame::address(b, memory, 0);
            store_pieces(b, arg.pieces(), words, base);
        }
        (0..count).map(|index| b.ins().stack_load(types::I64, types::I64, memory, index as i32 * 8)).collect()
    }
}

/// The parameters of the engine's function.
struct Arguments<'a> {
    function: &'a MakeFunction,
    context: Value,
    value: Value,
    size: u32,
    /// The memory for a value that is returned in memory.
    memory: StackSlot,
}

impl Source for Arguments<'_> {
    fn base_register(&self) -> u8 {
        // No particular register holds the parameters.
        u8::MAX
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        let word = match self.function.roles[arg] {
            MakeRole::Context => self.context,
            MakeRole::Value => self.value,
            MakeRole::Length => b.ins().iconst(types::I64, i64::from(self.size)),
            MakeRole::Zero => b.ins().iconst(types::I64, 0),
        };
        let from = b.func.dfg.value_type(word);
        let word = if from == types::I64 { extend(b, word, piece) } else { word };
        // Some of the words for the stack go through float registers.
        if ty == from { word } else { b.ins().bitcast(ty, MemFlagsData::new(), word) }
    }

    fn address(&mut self, _: &mut FunctionBuilder<'_>, _: usize) -> Value {
        unreachable!("the parameters are scalars")
    }

    fn result_pointer(&mut self, b: &mut FunctionBuilder<'_>) -> Value {
        frame::address(b, self.memory, 0)
    }
}
