//! The result of a callback, on its way to the end of the thunk.

use cranelift_codegen::ir::{self, Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::form::Form;
use crate::codegen::arrival::Arrived;
use crate::codegen::frame::Kept;
use crate::codegen::words::word_type;
use crate::convention::plan::Return;
use crate::entry::callback::frame::ResultPlace;
use crate::entry::callback::key::CallbackKey;
use crate::entry::engine_callback::key::EngineCallbackKey;
use crate::entry::engine_values::unpack;

/// The result for C.
pub(crate) struct CallbackResult<'a> {
    place: ResultPlace<'a>,
    returns_bool: bool,
    passing: Passing,
}

/// The way of a result to the end of the thunk.
enum Passing {
    /// One word, in a register. Its memory is used by handler and helper alone.
    Word(ir::Type),
    /// The memory of the place. It is zeroed at the beginning, and its address waits.
    Memory(Kept),
}

impl<'a> CallbackResult<'a> {
    pub(crate) fn prepare(b: &mut FunctionBuilder<'_>, key: &'a EngineCallbackKey, words: &Arrived) -> Self {
        let CallbackKey { plan, returns_bool, .. } = &key.callback;
        let place = ResultPlace::prepare(b, &plan.ret, words);
        let passing = match (&plan.ret, key.result) {
            (Return::Pass(arg), Form::Scalar(_)) if arg.pieces().len() == 1 => {
                Passing::Word(word_type(&arg.pieces()[0]))
            }
            _ => {
                let address = place.zeroed(b);
                Passing::Memory(Kept::store(b, address))
            }
        };
        Self { place, returns_bool: *returns_bool, passing }
    }

    /// Gives a block the parameter for the word.
    pub(crate) fn append_param(&self, b: &mut FunctionBuilder<'_>, block: Block) {
        if let Passing::Word(ty) = self.passing {
            b.append_block_param(block, ty);
        }
    }

    /// Returns the address of the memory, which is zero.
    pub(crate) fn address(&self, b: &mut FunctionBuilder<'_>) -> Value {
        match &self.passing {
            Passing::Word(_) => self.place.zeroed(b),
            Passing::Memory(address) => address.load(b),
        }
    }

    /// Returns the word of a value that was unpacked.
    pub(crate) fn word(&self, b: &mut FunctionBuilder<'_>, value: Value) -> Vec<BlockArg> {
        let is_word = matches!(self.passing, Passing::Word(ty) if ty == b.func.dfg.value_type(value));
        let word = if is_word { value } else { unpack::to_slot(b, value) };
        vec![BlockArg::from(word)]
    }

    /// Returns the word of zero.
    pub(crate) fn zero(&self, b: &mut FunctionBuilder<'_>) -> Vec<BlockArg> {
        let Passing::Word(ty) = self.passing else { return Vec::new() };
        vec![BlockArg::from(match ty {
            types::F32 => b.ins().f32const(0.0),
            types::F64 => b.ins().f64const(0.0),
            _ => b.ins().iconst(types::I64, 0),
        })]
    }

    /// Returns the word in the memory.
    pub(crate) fn load(&self, b: &mut FunctionBuilder<'_>) -> Vec<BlockArg> {
        match self.passing {
            Passing::Word(_) => self.place.load(b, self.returns_bool).into_iter().map(BlockArg::from).collect(),
            Passing::Memory(_) => Vec::new(),
        }
    }

    /// Returns the words for C at the end of the thunk.
    pub(crate) fn finish(&self, b: &mut FunctionBuilder<'_>, done: Block) -> Vec<Value> {
        match self.passing {
            Passing::Word(_) => b.block_params(done).to_vec(),
            Passing::Memory(_) => self.place.load(b, self.returns_bool),
        }
    }
}
