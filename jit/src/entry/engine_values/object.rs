//! Values to addresses: machine code that finds the bytes of a value's object, or the address that a pointer holds.

use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::blocks::go_on_if;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::object::{Size, find};
use crate::codegen::test::test;
use crate::engine::object::Want;
use crate::engine::values::model::{ObjectClass, ValueModel};

/// Returns the address of the bytes, or the address that a pointer holds, of the value at `base + at`. The second result
/// is the address of the object, or 0 for null and for pointers without an object. Other values continue in `slow`.
pub(crate) fn resolve(
    b: &mut FunctionBuilder<'_>,
    model: &ValueModel,
    (base, at): (Value, i32),
    (want, size): (Want, Size),
    slow: Block,
) -> (Value, Value) {
    let Some(objects) = &model.objects else { unreachable!("functions without objects do not read them") };
    let done = b.create_block();
    let [address, object] = std::array::from_fn(|_| b.append_block_param(done, types::I64));
    let pointers = objects.pointers.filter(|_| want.takes_pointers());
    let null = model.null.filter(|_| want.takes_null());
    // Values of the classes that follow continue there.
    let mut other = if pointers.is_none() && null.is_none() { slow } else { b.create_block() };
    if objects.kinds.iter().any(|kind| want.takes(kind)) {
        let is_object = test(b, base, at, objects.test);
        go_on_if(b, is_object, other);
        let object = load_word(b, objects, base, at);
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
        let is_pointer = test(b, base, at, class);
        go_on_if(b, is_pointer, other);
        let address = load_word(b, objects, base, at);
        let none = zero(b);
        b.ins().jump(done, &[address, none].map(BlockArg::from));
    }
    if let Some(null) = null {
        b.seal_block(other);
        b.set_cold_block(other);
        b.switch_to_block(other);
        let is_null = test(b, base, at, null.test);
        let none = zero(b);
        b.ins().brif(is_null, done, &[none, none].map(BlockArg::from), slow, &[]);
    }
    b.seal_block(done);
    b.switch_to_block(done);
    (address, object)
}

/// Loads the address in a value of the class.
fn load_word(b: &mut FunctionBuilder<'_>, objects: &ObjectClass, base: Value, at: i32) -> Value {
    let word = b.ins().load(types::I64, UNALIGNED, base, at + i32::from(objects.offset));
    if objects.mask == u64::MAX {
        return word;
    }
    let mask = b.ins().iconst(types::I64, objects.mask as i64);
    b.ins().band(word, mask)
}
