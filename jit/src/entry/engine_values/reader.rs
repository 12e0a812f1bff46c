//! Readers: code that finds the bytes of one argument's object and pins the object, or converts one number.
//!
//! Code that tries one kind of object after the other takes long to compile. So it is compiled once for a model, instead
//! of once for each parameter of each function. Functions with objects leave all arguments to readers.

use cranelift_codegen::ir::{self, Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bits::Bits;
use crate::codegen::blocks::go_on_if;
use crate::codegen::body::{Body, Compile};
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::object::{Size, find};
use crate::codegen::test::test;
use crate::codegen::words::CallWords;
use crate::convention::abi::Abi;
use crate::engine::object::Want;
use crate::engine::values::model::{ObjectClass, ValueModel};
use crate::entry::engine_values::read::Read;
use crate::entry::engine_values::{pin, unpack};
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
        let Some(objects) = &self.model.objects else { unreachable!("functions without objects do not read them") };
        let (size, pin) = match *params {
            [_, size, distance, record] => (Size::Word(size), Some((distance, record))),
            [_, distance, record] => (Size::Constant(0), Some((distance, record))),
            [_, size] => (Size::Word(size), None),
            _ => (Size::Constant(0), None),
        };
        let (address, object) = self.resolve(b, objects, params[0], (want, size), slow);
        if let Some((list, (distance, record))) = objects.pins.zip(pin) {
            pin::pin(b, list, object, distance, record, slow);
        }
        address
    }

    /// Returns the address of the bytes, or the address that a pointer holds. The second result is the address of the
    /// object, or 0 for null and for pointers without an object.
    fn resolve(
        &self,
        b: &mut FunctionBuilder<'_>,
        objects: &ObjectClass,
        value: Value,
        (want, size): (Want, Size),
        slow: Block,
    ) -> (Value, Value) {
        let model = self.model;
        let done = b.create_block();
        let [address, object] = std::array::from_fn(|_| b.append_block_param(done, types::I64));
        let pointers = objects.pointers.filter(|_| want.takes_pointers());
        let null = model.null.filter(|_| want.takes_null());
        // Values of the classes that follow continue there.
        let mut other = if pointers.is_none() && null.is_none() { slow } else { b.create_block() };
        if objects.kinds.iter().any(|kind| want.takes(kind)) {
            let is_object = test(b, value, 0, objects.test);
            go_on_if(b, is_object, other);
            let object = load_word(b, objects, value);
            // Null may be an object of no kind.
            let not_found = if model.constants_are_objects { other } else { slow };
            find(b, &objects.kinds, object, (want, size), (done, &[object]), not_found);
        } else {
            b.ins().jump(other, &[]);
        }
        let zero = |b: &mut FunctionBuilder<'_>| b.ins().iconst(types::I64, 0);
        if let Some(class) = pointers {
            b.seal_block(other);
            b.switch_to_block(other);
            other = if null.is_none() { slow } else { b.create_block() };
            let is_pointer = test(b, value, 0, class);
            go_on_if(b, is_pointer, other);
            let address = load_word(b, objects, value);
            let none = zero(b);
            b.ins().jump(done, &[address, none].map(BlockArg::from));
        }
        if let Some(null) = null {
            b.seal_block(other);
            b.set_cold_block(other);
            b.switch_to_block(other);
            let is_null = test(b, value, 0, null.test);
            let none = zero(b);
            b.ins().brif(is_null, done, &[none, none].map(BlockArg::from), slow, &[]);
        }
        b.seal_block(done);
        b.switch_to_block(done);
        (address, object)
    }
}

/// Loads the address in a value of the class.
fn load_word(b: &mut FunctionBuilder<'_>, objects: &ObjectClass, value: Value) -> Value {
    let word = b.ins().load(types::I64, UNALIGNED, value, i32::from(objects.offset));
    if objects.mask == u64::MAX {
        return word;
    }
    let mask = b.ins().iconst(types::I64, objects.mask as i64);
    b.ins().band(word, mask)
}
