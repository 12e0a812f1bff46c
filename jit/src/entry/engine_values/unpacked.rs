//! Arguments of functions without readers, on the way to their places.

use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::form::Form;
use crate::codegen::bits::Bits;
use crate::codegen::call::{Source, extend};
use crate::codegen::frame::{self, Kept};
use crate::codegen::object::Size;
use crate::convention::plan::{Loc, Piece};
use crate::engine::object::Want;
use crate::engine::values::model::Role;
use crate::entry::engine_values::call::EngineCall;
use crate::entry::engine_values::{object, unpack};

/// Arguments that are unpacked on the way to their places. Nothing is called meanwhile.
pub(crate) struct Unpacked<'a> {
    call: &'a EngineCall<'a>,
    result: Option<StackSlot>,
    /// The addresses of aggregates that were asked for.
    addresses: Vec<Option<Value>>,
    /// The address of the result's destination, for when C has returned.
    pub(crate) destination: Option<Kept>,
}

impl<'a> Unpacked<'a> {
    pub(crate) fn new(b: &mut FunctionBuilder<'_>, call: &'a EngineCall<'a>, result: Option<StackSlot>) -> Self {
        let key = call.native.key;
        let addresses = vec![None; key.params.len()];
        let mut unpacked = Self { call, result, addresses, destination: None };
        unpacked.destination = key.destination.map(|to| {
            let address = unpacked.object(b, key.params.len(), to.want(call.model()));
            Kept::store(b, address)
        });
        unpacked
    }

    /// Returns the address of the bytes of an argument's object, or the address that a pointer holds.
    fn object(&self, b: &mut FunctionBuilder<'_>, arg: usize, want: Want) -> Value {
        let value = (self.call.argv, self.call.at(arg));
        let size = Size::Constant(want.size());
        object::resolve(b, self.call.model(), value, (want, size), self.call.slow).0
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
        let Some(scalar) = self.call.native.key.params[arg] else { unreachable!("an aggregate has an address") };
        if let Some(want) = Want::of(Form::Scalar(scalar), self.call.model().has_pin_list()) {
            let address = self.object(b, arg, want);
            return word(b, address, ty);
        }
        let bits = Bits::Memory { base: self.call.argv, at: self.call.at(arg) };
        let value = unpack::value(b, self.call.model(), bits, scalar, self.call.slow);
        if b.func.dfg.value_type(value) == ty && ty != types::I64 {
            return value;
        }
        let slot = unpack::to_slot(b, value);
        let extended = extend(b, slot, piece);
        word(b, extended, ty)
    }

    fn address(&mut self, b: &mut FunctionBuilder<'_>, arg: usize) -> Value {
        if let Some(address) = self.addresses[arg] {
            return address;
        }
        let address = self.object(b, arg, Want::Bytes(self.call.native.key.plan.args[arg].size));
        self.addresses[arg] = Some(address);
        address
    }

    fn result_pointer(&mut self, b: &mut FunctionBuilder<'_>) -> Value {
        let Some(result) = self.result else { unreachable!("a result in memory has bytes") };
        frame::address(b, result, 0)
    }

    fn before_call(&mut self, b: &mut FunctionBuilder<'_>) {
        // An aggregate without bytes has no words, but its value is checked.
        for arg in 0..self.addresses.len() {
            if self.call.native.key.params[arg].is_none() {
                self.address(b, arg);
            }
        }
    }
}

/// Returns an integer as a word of type `ty`: some of the words for the stack go through float registers.
fn word(b: &mut FunctionBuilder<'_>, integer: Value, ty: ir::Type) -> Value {
    if ty == types::I64 { integer } else { b.ins().bitcast(ty, MemFlagsData::new(), integer) }
}
