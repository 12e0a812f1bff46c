//! Values of structs and unions, which the engine's own function makes of the bytes that C has returned.

use cranelift_codegen::ir::{self, Block, InstBuilder, MemFlagsData, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bits::Bits;
use crate::codegen::blocks::next_block;
use crate::codegen::call::{self, Source, extend, store_pieces};
use crate::codegen::frame;
use crate::codegen::test::holds;
use crate::codegen::words::CallWords;
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::{Piece, Plan, Return};
use crate::engine::values::model::{BytesFunction, BytesRole};
use crate::error::JitError;

/// The number of integer registers that the parameters take on their way: the address of the function.
const MAKING_REGISTERS: usize = 1;

/// The call of the engine's function.
pub(crate) struct BytesCall<'a> {
    function: &'a BytesFunction,
    plan: Plan,
    words: CallWords,
}

impl<'a> BytesCall<'a> {
    pub(crate) fn of(abi: Abi, function: &'a BytesFunction) -> Result<Self, JitError> {
        let plan = canonical::outgoing(&function.native, abi.plan(&function.native)?);
        let words = CallWords::of(abi, &plan, MAKING_REGISTERS)?;
        Ok(Self { function, plan, words })
    }

    /// Makes the value of the `size` bytes at this address, and returns its words. Continues in `thrown` if the function
    /// has thrown.
    pub(crate) fn make(
        &self,
        b: &mut FunctionBuilder<'_>,
        context: Value,
        (bytes, size): (Value, u32),
        words: usize,
        thrown: Block,
    ) -> Vec<Value> {
        let memory = frame::reserve(b, 16);
        let mut source = Arguments { function: self.function, context, bytes, size, memory };
        let target = b.ins().iconst(types::I64, self.function.address as i64);
        let returned = call::emit(b, &self.plan, &self.words, &mut source, target, None);
        let value = self.value(b, &returned, memory, words);
        let is_thrown = holds(b, Bits::Words(&value), self.function.thrown);
        let next = next_block(b);
        b.ins().brif(is_thrown, thrown, &[], next, &[]);
        b.seal_block(next);
        b.switch_to_block(next);
        value
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
    function: &'a BytesFunction,
    context: Value,
    bytes: Value,
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
            BytesRole::Context => self.context,
            BytesRole::Bytes => self.bytes,
            BytesRole::Length => b.ins().iconst(types::I64, i64::from(self.size)),
        };
        let word = extend(b, word, piece);
        // Some of the words for the stack go through float registers.
        if ty == types::I64 { word } else { b.ins().bitcast(ty, MemFlagsData::new(), word) }
    }

    fn address(&mut self, _: &mut FunctionBuilder<'_>, _: usize) -> Value {
        unreachable!("the parameters are scalars")
    }

    fn result_pointer(&mut self, b: &mut FunctionBuilder<'_>) -> Value {
        frame::address(b, self.memory, 0)
    }
}
