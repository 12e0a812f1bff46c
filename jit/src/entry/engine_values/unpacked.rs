//! Arguments of functions without objects, on the way to their places.

use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bits::Bits;
use crate::codegen::call::{Source, extend};
use crate::codegen::frame;
use crate::convention::plan::{Loc, Piece};
use crate::engine::values::model::Role;
use crate::entry::engine_values::call::EngineCall;
use crate::entry::engine_values::unpack;

/// Arguments without objects. They are unpacked on the way to their places.
pub(crate) struct Unpacked<'a> {
    call: &'a EngineCall<'a>,
    result: Option<StackSlot>,
}

impl<'a> Unpacked<'a> {
    pub(crate) const fn new(call: &'a EngineCall<'a>, result: Option<StackSlot>) -> Self {
        Self { call, result }
    }
}

impl Source for Unpacked<'_> {
    fn base_register(&self) -> u8 {
        let native = self.call.native;
        let argv = native.key.engine.model().index(|role| matches!(role, Role::Argv { .. }));
        match argv.map(|index| native.plan.args[index].pieces()[0].loc) {
            Some(Loc::Int(n)) => n,
            // No particular register holds the arguments.
            _ => u8::MAX,
        }
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        let Some(scalar) = self.call.native.key.params[arg] else { unreachable!("readers read aggregates") };
        let bits = Bits::Memory { base: self.call.argv, at: self.call.at(arg) };
        let value = unpack::value(b, self.call.model(), bits, scalar, self.call.slow);
        if b.func.dfg.value_type(value) == ty && ty != types::I64 {
            return value;
        }
        let slot = unpack::to_slot(b, value);
        let extended = extend(b, slot, piece);
        word(b, extended, ty)
    }

    fn address(&mut self, _: &mut FunctionBuilder<'_>, _: usize) -> Value {
        unreachable!("readers read aggregates")
    }

    fn result_pointer(&mut self, b: &mut FunctionBuilder<'_>) -> Value {
        let Some(result) = self.result else { unreachable!("a result in memory has bytes") };
        frame::address(b, result, 0)
    }
}

/// Returns an integer as a word of type `ty`: some of the words for the stack go through float registers.
fn word(b: &mut FunctionBuilder<'_>, integer: Value, ty: ir::Type) -> Value {
    if ty == types::I64 { integer } else { b.ins().bitcast(ty, MemFlagsData::new(), integer) }
}
