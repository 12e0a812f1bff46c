//! Objects to addresses, and the list of pinned objects.
//!
//! Values that machine code cannot read leave the call to the interpreter. Nothing has happened before that.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::blocks::go_on_if;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::object::find;
use crate::codegen::test::test;
use crate::engine::object::Want;
use crate::engine::pins::{PinList, Pins};
use crate::engine::record::{Pending, RecordHead};
use crate::engine::values::model::ObjectClass;
use crate::entry::engine_values::call::EngineCall;

/// An argument's object, for the list of pinned objects.
pub(crate) struct Pinned {
    /// The object's address, or 0 for null and for pointers without an object.
    object: Value,
    /// True if the address may be 0.
    nullable: bool,
}

/// Returns the address of an argument's bytes, or the address that a pointer holds.
pub(crate) fn resolve(call: &EngineCall<'_>, b: &mut FunctionBuilder<'_>, arg: usize, want: Want) -> (Value, Pinned) {
    let model = call.model();
    let Some(objects) = &model.objects else { unreachable!("models without objects have slots") };
    let at = call.at(arg);
    let done = b.create_block();
    let [address, object] = std::array::from_fn(|_| b.append_block_param(done, types::I64));
    let pointers = objects.pointers.filter(|_| want.takes_pointers());
    let null = model.null.filter(|_| want.takes_null());
    // Values of the classes that follow continue there.
    let mut other = if pointers.is_none() && null.is_none() { call.slow } else { b.create_block() };
    if objects.kinds.iter().any(|kind| want.takes(kind)) {
        let is_object = test(b, call.argv, at, objects.test);
        go_on_if(b, is_object, other);
        let object = load_word(call, b, objects, at);
        find(b, &objects.kinds, object, want, (done, &[object]), call.slow);
    } else {
        b.ins().jump(other, &[]);
    }
    let zero = |b: &mut FunctionBuilder<'_>| b.ins().iconst(types::I64, 0);
    if let Some(class) = pointers {
        b.seal_block(other);
        b.switch_to_block(other);
        other = if null.is_none() { call.slow } else { b.create_block() };
        let is_pointer = test(b, call.argv, at, class);
        go_on_if(b, is_pointer, other);
        let address = load_word(call, b, objects, at);
        let none = zero(b);
        b.ins().jump(done, &[address, none].map(BlockArg::from));
    }
    if let Some(null) = null {
        b.seal_block(other);
        b.set_cold_block(other);
        b.switch_to_block(other);
        let is_null = test(b, call.argv, at, null.test);
        let none = zero(b);
        b.ins().brif(is_null, done, &[none, none].map(BlockArg::from), call.slow, &[]);
    }
    b.seal_block(done);
    b.switch_to_block(done);
    (address, Pinned { object, nullable: pointers.is_some() || null.is_some() })
}

/// Loads the address in a value of the class.
fn load_word(call: &EngineCall<'_>, b: &mut FunctionBuilder<'_>, objects: &ObjectClass, at: i32) -> Value {
    let word = b.ins().load(types::I64, UNALIGNED, call.argv, at + i32::from(objects.offset));
    if objects.mask == u64::MAX {
        return word;
    }
    let mask = b.ins().iconst(types::I64, objects.mask as i64);
    b.ins().band(word, mask)
}

/// Adds the objects to the list, unless its newest entries are these objects. If the list is full, leaves the call to
/// the interpreter.
pub(crate) fn pin(call: &EngineCall<'_>, b: &mut FunctionBuilder<'_>, list: PinList, pinned: &[Pinned]) {
    if pinned.is_empty() {
        return;
    }
    let cell = b.ins().load(types::I64, UNALIGNED, call.record, RecordHead::PENDING as i32);
    let next = b.ins().load(types::I64, UNALIGNED, cell, (Pending::PINS + Pins::NEXT) as i32);
    let [add, done] = std::array::from_fn(|_| b.create_block());
    b.set_cold_block(add);
    for (index, pin) in pinned.iter().enumerate() {
        let before = (pinned.len() - index) as i32 * 8;
        let newest = b.ins().load(types::I64, UNALIGNED, next, -before);
        let is_newest = b.ins().icmp(IntCC::Equal, newest, pin.object);
        go_on_if(b, is_newest, add);
    }
    b.ins().jump(done, &[]);

    b.seal_block(add);
    b.switch_to_block(add);
    let after = b.ins().iadd_imm_u(next, pinned.len() as i64 * 8);
    let end = b.ins().load(types::I64, UNALIGNED, cell, (Pending::PINS + Pins::END) as i32);
    let has_room = b.ins().icmp(IntCC::UnsignedLessThanOrEqual, after, end);
    go_on_if(b, has_room, call.slow);
    for (index, pin) in pinned.iter().enumerate() {
        if let Some(references) = list.references {
            let mut counter = b.ins().iadd_imm_s(pin.object, i64::from(references));
            if pin.nullable {
                let no_object = b.ins().iadd_imm_u(cell, (Pending::PINS + Pins::NO_OBJECT) as i64);
                counter = b.ins().select(pin.object, counter, no_object);
            }
            let count = b.ins().load(types::I32, UNALIGNED, counter, 0);
            let count = b.ins().iadd_imm_u(count, 1);
            b.ins().store(UNALIGNED, count, counter, 0);
        }
        b.ins().store(UNALIGNED, pin.object, next, index as i32 * 8);
    }
    b.ins().store(UNALIGNED, after, cell, (Pending::PINS + Pins::NEXT) as i32);
    b.ins().jump(done, &[]);
    b.seal_block(done);
    b.switch_to_block(done);
}
