//! Objects to addresses, and the list of pinned objects.
//!
//! Values that machine code cannot read leave the call to the interpreter. Nothing has happened before that.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::blocks::go_on_if;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::frame::Kept;
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
        // Null may be an object of no kind.
        let not_found = if model.constants_are_objects { other } else { call.slow };
        find(b, &objects.kinds, object, want, (done, &[object]), not_found);
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

/// The destination of the result, kept in the frame for when C has returned.
pub(crate) struct FoundDestination {
    /// The address of its bytes.
    pub(crate) address: Kept,
    /// The object, if it goes to the list of pinned objects.
    object: Option<Kept>,
}

impl FoundDestination {
    /// Returns the object, if it goes to the list of pinned objects.
    pub(crate) fn pinned(&self, b: &mut FunctionBuilder<'_>) -> Option<Pinned> {
        self.object.as_ref().map(|object| Pinned { object: object.load(b), nullable: false })
    }
}

/// Finds the destination of the result, if it goes to one.
pub(crate) fn find_destination(call: &EngineCall<'_>, b: &mut FunctionBuilder<'_>) -> Option<FoundDestination> {
    let key = call.native.key;
    let want = key.destination?.want(call.model());
    let (address, Pinned { object, .. }) = resolve(call, b, key.params.len(), want);
    let address = Kept::store(b, address);
    Some(FoundDestination { address, object: want.pins().then(|| Kept::store(b, object)) })
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

/// Adds the objects to the list that are not there. If the list is full, leaves the call to the interpreter.
pub(crate) fn pin(call: &EngineCall<'_>, b: &mut FunctionBuilder<'_>, list: PinList, pinned: &[Pinned]) {
    if pinned.is_empty() {
        return;
    }
    let cell = b.ins().load(types::I64, UNALIGNED, call.record, RecordHead::PENDING as i32);
    let next = load_pins(b, cell, Pins::NEXT);
    let [search, done] = std::array::from_fn(|_| b.create_block());
    b.set_cold_block(search);
    // A loop of calls passes the objects of the call before.
    for (index, pin) in pinned.iter().enumerate() {
        let before = (pinned.len() - index) as i32 * 8;
        let newest = b.ins().load(types::I64, UNALIGNED, next, -before);
        let is_newest = b.ins().icmp(IntCC::Equal, newest, pin.object);
        go_on_if(b, is_newest, search);
    }
    b.ins().jump(done, &[]);

    b.seal_block(search);
    b.switch_to_block(search);
    for pin in pinned {
        let next_object = b.create_block();
        b.set_cold_block(next_object);
        if pin.nullable {
            go_on_if(b, pin.object, next_object);
        }
        search_list(b, cell, pin.object, next_object);
        add(call, b, cell, list, pin.object);
        b.ins().jump(next_object, &[]);
        b.seal_block(next_object);
        b.switch_to_block(next_object);
    }
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

/// Adds an object to the list.
fn add(call: &EngineCall<'_>, b: &mut FunctionBuilder<'_>, cell: Value, list: PinList, object: Value) {
    let (next, end) = (load_pins(b, cell, Pins::NEXT), load_pins(b, cell, Pins::END));
    let has_room = b.ins().icmp(IntCC::UnsignedLessThan, next, end);
    go_on_if(b, has_room, call.slow);
    if let Some(references) = list.references {
        let count = b.ins().load(types::I32, UNALIGNED, object, references);
        let count = b.ins().iadd_imm_u(count, 1);
        b.ins().store(UNALIGNED, count, object, references);
    }
    b.ins().store(UNALIGNED, object, next, 0);
    let next = b.ins().iadd_imm_u(next, 8);
    b.ins().store(UNALIGNED, next, cell, (Pending::PINS + Pins::NEXT) as i32);
}
