//! The list of pinned objects in machine code: adds an object that is not there.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::blocks::go_on_if;
use crate::codegen::bytes::UNALIGNED;
use crate::engine::pins::{PinList, Pins};
use crate::engine::record::{Pending, RecordHead};

/// Notes the end of the list, so that the pins of this call can be taken back.
pub(crate) fn begin(b: &mut FunctionBuilder<'_>, record: Value) {
    let cell = b.ins().load(types::I64, UNALIGNED, record, RecordHead::PENDING as i32);
    let next = load_pins(b, cell, Pins::NEXT);
    b.ins().store(UNALIGNED, next, cell, (Pending::PINS + Pins::BEGUN) as i32);
}

/// Adds an object to the list if it is not there. An object of 0 stands for none. If the list is full, it continues in
/// `full`.
///
/// `distance` are the bytes from the end of the entries to the one that is compared first. A loop of calls passes the
/// objects of the call before, which are the newest entries.
pub(crate) fn pin(
    b: &mut FunctionBuilder<'_>,
    list: PinList,
    object: Value,
    distance: Value,
    record: Value,
    full: Block,
) {
    let cell = b.ins().load(types::I64, UNALIGNED, record, RecordHead::PENDING as i32);
    let next = load_pins(b, cell, Pins::NEXT);
    let place = b.ins().isub(next, distance);
    let entry = b.ins().load(types::I64, UNALIGNED, place, 0);
    let is_there = b.ins().icmp(IntCC::Equal, entry, object);
    let [search, done] = std::array::from_fn(|_| b.create_block());
    b.set_cold_block(search);
    b.ins().brif(is_there, done, &[], search, &[]);

    b.seal_block(search);
    b.switch_to_block(search);
    go_on_if(b, object, done);
    search_list(b, cell, object, done);
    add(b, cell, list, object, full);
    b.ins().jump(done, &[]);
    b.seal_block(done);
    b.switch_to_block(done);
}

fn load_pins(b: &mut FunctionBuilder<'_>, cell: Value, field: usize) -> Value {
    b.ins().load(types::I64, UNALIGNED, cell, (Pending::PINS + field) as i32)
}

/// Continues if the list does not have the object; otherwise in `found`.
fn search_list(b: &mut FunctionBuilder<'_>, cell: Value, object: Value, found: Block) {
    let [entry, compare, missing] = std::array::from_fn(|_| b.create_block());
    for block in [entry, compare, missing] {
        b.set_cold_block(block);
    }
    let at = b.append_block_param(entry, types::I64);
    let (first, next) = (load_pins(b, cell, Pins::FIRST), load_pins(b, cell, Pins::NEXT));
    b.ins().jump(entry, &[BlockArg::from(next)]);

    b.switch_to_block(entry);
    let is_left = b.ins().icmp(IntCC::UnsignedGreaterThan, at, first);
    b.ins().brif(is_left, compare, &[], missing, &[]);
    b.seal_block(compare);
    b.seal_block(missing);
    b.switch_to_block(compare);
    let other = b.ins().load(types::I64, UNALIGNED, at, -8);
    let before = b.ins().iadd_imm_s(at, -8);
    let is_same = b.ins().icmp(IntCC::Equal, other, object);
    b.ins().brif(is_same, found, &[], entry, &[BlockArg::from(before)]);
    b.seal_block(entry);
    b.switch_to_block(missing);
}

/// Adds an object to the list. If that is full, continues in `full`.
fn add(b: &mut FunctionBuilder<'_>, cell: Value, list: PinList, object: Value, full: Block) {
    let (next, end) = (load_pins(b, cell, Pins::NEXT), load_pins(b, cell, Pins::END));
    let has_room = b.ins().icmp(IntCC::UnsignedLessThan, next, end);
    go_on_if(b, has_room, full);
    if let Some(references) = list.references {
        let count = b.ins().load(types::I32, UNALIGNED, object, references);
        let count = b.ins().iadd_imm_u(count, 1);
        b.ins().store(UNALIGNED, count, object, references);
    }
    b.ins().store(UNALIGNED, object, next, 0);
    let next = b.ins().iadd_imm_u(next, 8);
    b.ins().store(UNALIGNED, next, cell, (Pending::PINS + Pins::NEXT) as i32);
}
