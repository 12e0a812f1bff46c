//! ObjectClass to addresses, and the list of pinned objects.
//!
//! Values that machine code cannot read leave the call to the interpreter. Nothing has happened before that.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
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
    /// The object's address, or 0 for null.
    object: Value,
    /// True if the address may be 0.
    nullable: bool,
}

/// Returns the address of an argument's bytes, or the address that a pointer object holds.
pub(crate) fn resolve(call: &EngineCall<'_>, b: &mut FunctionBuilder<'_>, arg: usize, want: Want) -> (Value, Pinned) {
    let model = call.model();
    let Some(objects) = &model.objects else { unreachable!("models without objects have slots") };
    let at = call.at(arg);
    let done = b.create_block();
    let [address, object] = std::array::from_fn(|_| b.append_block_param(done, types::I64));
    let null = model.null.filter(|_| want.takes_null());
    let is_object = test(b, call.argv, at, objects.test);
    match null {
        None => go_on_if(b, is_object, call.slow),
        Some(null) => {
            let other = b.create_block();
            go_on_if(b, is_object, other);
            find_object(call, b, objects, at, want, done);
            b.seal_block(other);
            b.set_cold_block(other);
            b.switch_to_block(other);
            let is_null = test(b, call.argv, at, null.test);
            let zero = b.ins().iconst(types::I64, 0);
            b.ins().brif(is_null, done, &[zero, zero].map(BlockArg::from), call.slow, &[]);
        }
    }
    if null.is_none() {
        find_object(call, b, objects, at, want, done);
    }
    b.seal_block(done);
    b.switch_to_block(done);
    (address, Pinned { object, nullable: null.is_some() })
}

fn find_object(
    call: &EngineCall<'_>,
    b: &mut FunctionBuilder<'_>,
    objects: &ObjectClass,
    at: i32,
    want: Want,
    done: Block,
) {
    let mut object = b.ins().load(types::I64, UNALIGNED, call.argv, at + i32::from(objects.offset));
    if objects.mask != u64::MAX {
        let mask = b.ins().iconst(types::I64, objects.mask as i64);
        object = b.ins().band(object, mask);
    }
    find(b, &objects.kinds, object, want, (done, &[object]), call.slow);
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
