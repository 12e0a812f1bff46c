//! Readers: code that finds the bytes of one argument's object and pins the object, or converts one number.
//!
//! Code that tries one kind of object after the other takes long to compile. So it is compiled once for a model, instead
//! of once for each parameter of each function. Functions with objects leave all arguments to readers, unless the code for
//! an object is short.

use cranelift_codegen::ir::{self, Block, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bits::Bits;
use crate::codegen::blocks::go_on_if;
use crate::codegen::body::{Body, Compile};
use crate::codegen::object::Size;
use crate::codegen::words::CallWords;
use crate::convention::abi::Abi;
use crate::engine::object::Want;
use crate::engine::values::model::ValueModel;
use crate::entry::engine_values::read::Read;
use crate::entry::engine_values::{object, pin, unpack};
use crate::error::JitError;

/// The reader of a model for this work.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) abi: Abi,
    pub(crate) model: &'a ValueModel,
    pub(crate) read: Read,
}

impl Compile for Reader<'_> {
    fn body(&self) -> Result<impl Body, JitError> {
        Ok(*self)
    }
}

impl Body for Reader<'_> {
    fn signature(&self) -> ir::Signature {
        self.read.signature(self.abi)
    }

    fn call(&self) -> Option<&CallWords> {
        None
    }

    fn emit(&self, b: &mut FunctionBuilder<'_>, _: Option<*const u8>) {
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let params = b.block_params(entry).to_vec();
        let slow = b.create_block();
        b.set_cold_block(slow);
        go_on_if(b, params[0], slow);
        let slot = match self.read {
            Read::Object(want) => self.object(b, want, &params, slow),
            Read::Number(scalar) => {
                let bits = Bits::Memory { base: params[0], at: 0 };
                let value = unpack::value(b, self.model, bits, scalar, slow);
                unpack::to_slot(b, value)
            }
        };
        let next = b.ins().iadd_imm_u(params[0], i64::from(self.model.size));
        b.ins().return_(&[slot, next]);

        b.seal_block(slow);
        b.switch_to_block(slow);
        let none = b.ins().iconst(types::I64, 0);
        b.ins().return_(&[none, none]);
    }
}

impl Reader<'_> {
    /// Finds the address of an object's bytes, or the address that a pointer holds. Pins the object.
    fn object(&self, b: &mut FunctionBuilder<'_>, want: Want, params: &[Value], slow: Block) -> Value {
        let (size, pin) = match *params {
            [_, size, distance, record] => (Size::Word(size), Some((distance, record))),
            [_, distance, record] => (Size::Constant(0), Some((distance, record))),
            [_, size] => (Size::Word(size), None),
            _ => (Size::Constant(0), None),
        };
        let (address, object) = object::resolve(b, self.model, (params[0], 0), (want, size), slow);
        let list = self.model.objects.as_ref().and_then(|objects| objects.pins);
        if let Some((list, (distance, record))) = list.zip(pin) {
            pin::pin(b, list, object, distance, record, slow);
        }
        address
    }
}
