//! Handles to addresses: machine code reads objects' memory, and the helper reads the objects that machine code cannot
//! read.
//!
//! One object that machine code cannot read sends the whole call to `resolve_all`, in a cold block. Values that are
//! needed afterwards wait in the frame. So the likely path saves no registers.

use std::ptr;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, Block, BlockArg, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::form::Form;
use crate::c::scalar::Scalar;
use crate::codegen::blocks::{go_on_if, next_block};
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::object::{Size, find};
use crate::codegen::words::call_conv;
use crate::codegen::{frame, number_object, test};
use crate::engine::fast_call::model::{Handles, Small, Tag};
use crate::engine::object::Want;
use crate::entry::fast_call::call::{Exits, FastCallBody, Ready, narrow, record};
use crate::entry::fast_call::needs::resolve_all;

/// The requirement on a handle.
#[derive(Clone, Copy)]
enum HandleWant {
    Bool,
    Integer(Scalar),
    Object(Want),
}

impl HandleWant {
    fn of(param: Form) -> Self {
        match (param, Want::of(param, false)) {
            (_, Some(want)) => Self::Object(want),
            (Form::Scalar(Scalar::Bool), None) => Self::Bool,
            (Form::Scalar(scalar), None) => Self::Integer(scalar),
            (Form::Void | Form::Bytes(_), None) => unreachable!("structs are objects, and no parameter is void"),
        }
    }
}

/// A handle of the call.
struct Handle<'a> {
    /// The index for the helper: the argument's, or the number of parameters for the result.
    index: usize,
    handles: &'a Handles,
    want: HandleWant,
}

fn handles<'a>(native: &'a FastCallBody<'_>) -> Vec<Handle<'a>> {
    let of = |handles: u8| &native.key.model.handles[usize::from(handles)];
    let args = native.arguments().enumerate().filter_map(|(index, (_, role, c))| {
        let handles = of(role.handles()?);
        Some(Handle { index, handles, want: HandleWant::of(c) })
    });
    let result = native.key.model.result().map(|(_, handles)| Handle {
        index: native.key.params.len(),
        handles: of(handles),
        want: HandleWant::Object(Want::Destination { size: native.key.result.bytes(), pins: false }),
    });
    args.chain(result).collect()
}

impl Ready {
    fn get(&self, handle: &Handle<'_>) -> Value {
        self.args.get(handle.index).copied().or(self.result).unwrap_or_else(|| unreachable!("no other handles"))
    }

    fn set(&mut self, handle: &Handle<'_>, value: Value) {
        match self.args.get_mut(handle.index) {
            Some(arg) => *arg = value,
            None => self.result = Some(value),
        }
    }
}

/// Returns the ready values with addresses and truth values in place of handles.
pub(crate) fn resolve(
    b: &mut FunctionBuilder<'_>,
    native: &FastCallBody<'_>,
    exits: &Exits<'_>,
    ready: Ready,
) -> Ready {
    let handles = handles(native);
    if handles.is_empty() {
        return ready;
    }
    // Stores the values before anything is read. Many handles that wait for the helper would take registers that must
    // be saved.
    let kept = (handles.len() > MAX_WAITING).then(|| keep(b, &ready));
    let [slow, done] = std::array::from_fn(|_| b.create_block());
    b.set_cold_block(slow);
    let mut resolved = ready.clone();
    for handle in &handles {
        let value = read(b, exits, &ready, handle, slow);
        resolved.set(handle, value);
    }
    // The block's arguments have one order on both paths.
    let args: Vec<_> = resolved.values().map(BlockArg::from).collect();
    let result = resolved.map(|value| {
        let ty = b.func.dfg.value_type(value);
        b.append_block_param(done, ty)
    });
    b.ins().jump(done, &args);

    b.seal_block(slow);
    b.switch_to_block(slow);
    let kept = kept.unwrap_or_else(|| keep(b, &ready));
    let helped = help(b, native, exits, &ready, kept);
    let args: Vec<_> = helped.values().map(BlockArg::from).collect();
    b.ins().jump(done, &args);

    b.seal_block(done);
    b.switch_to_block(done);
    result
}

/// The largest number of handles that do not wait in the frame from the beginning. Storing them takes time.
const MAX_WAITING: usize = 3;

/// Stores the ready values in the frame, in order.
fn keep(b: &mut FunctionBuilder<'_>, ready: &Ready) -> StackSlot {
    let memory = frame::reserve(b, ready.values().count() as u32 * 8);
    for (index, value) in (0..).zip(ready.values()) {
        b.ins().stack_store(types::I64, value, memory, index * 8);
    }
    memory
}

/// Calls the helper for the handles. All ready values wait in the frame, and the helper replaces them there.
fn help(
    b: &mut FunctionBuilder<'_>,
    native: &FastCallBody<'_>,
    exits: &Exits<'_>,
    ready: &Ready,
    memory: StackSlot,
) -> Ready {
    let mut signature = ir::Signature::new(call_conv(native.key.abi));
    signature.params.resize(4, AbiParam::new(types::I64));
    signature.returns.push(AbiParam::new(types::I8));
    let signature = b.import_signature(signature);
    let helper = b.ins().iconst(types::I64, resolve_all as *const () as i64);
    let record = record(b);
    let exit = match ready.exit {
        // The result is the last value.
        Some(_) => b.ins().stack_load(types::I64, types::I64, memory, ready.values().count() as i32 * 8 - 8),
        None => b.ins().iconst(types::I64, 0),
    };
    let needs = b.ins().iconst(types::I64, ptr::from_ref(native.needs) as i64);
    let values = frame::address(b, memory, 0);
    let call = b.ins().call_indirect(signature, helper, &[record, exit, needs, values]);
    let found = b.inst_results(call)[0];
    let mut at = 0;
    let helped = ready.map(|value| {
        let ty = b.func.dfg.value_type(value);
        at += 8;
        b.ins().stack_load(types::I64, ty, memory, at - 8)
    });
    exits.leave_unless(b, found, &helped);
    helped
}

/// Emits the code that resolves a handle. If it cannot, it continues in `slow`.
fn read(b: &mut FunctionBuilder<'_>, exits: &Exits<'_>, ready: &Ready, handle: &Handle<'_>, slow: Block) -> Value {
    let Handle { handles, want, .. } = handle;
    let value = ready.get(handle);
    let word = if handles.indirect { b.ins().load(types::I64, UNALIGNED, value, 0) } else { value };
    let want = match *want {
        HandleWant::Bool => return truth(b, handles.booleans, word, slow),
        HandleWant::Integer(scalar) => return integer(b, exits, ready, handle, (scalar, word), slow),
        HandleWant::Object(want) => want,
    };
    let done = b.create_block();
    let found = b.append_block_param(done, types::I64);
    if let Some(null) = handles.null.filter(|_| want.takes_null()) {
        let is_null = is_word(b, word, null);
        let address = b.ins().iconst(types::I64, 0);
        let next = next_block(b);
        b.ins().brif(is_null, done, &[BlockArg::from(address)], next, &[]);
        b.seal_block(next);
        b.switch_to_block(next);
    } else if handles.null == Some(0) && handles.tag.holds(0) {
        // Null is the one address that no object has.
        go_on_if(b, word, slow);
    }
    check_tag(b, handles.tag, word, slow);
    find(b, &handles.objects, word, (want, Size::Constant(want.size())), (done, &[]), slow);
    b.seal_block(done);
    b.switch_to_block(done);
    found
}

/// Emits the code that reads an integer: a word by itself, or an object.
fn integer(
    b: &mut FunctionBuilder<'_>,
    exits: &Exits<'_>,
    ready: &Ready,
    handle: &Handle<'_>,
    (scalar, word): (Scalar, Value),
    slow: Block,
) -> Value {
    let handles = handle.handles;
    let numbers = handles.numbers.as_ref().filter(|numbers| number_object::serves(numbers, scalar));
    let object = if numbers.is_some() { b.create_block() } else { slow };
    let integer = small(b, handles.integers, word, object);
    if let Some(narrowing) = handles.integers.and_then(|small| small.narrowing(scalar)) {
        narrow(b, exits, ready, (handle.index, integer), narrowing);
    }
    let Some(numbers) = numbers else { return integer };
    let done = b.create_block();
    let found = b.append_block_param(done, types::I64);
    b.ins().jump(done, &[BlockArg::from(integer)]);
    b.seal_block(object);
    b.set_cold_block(object);
    b.switch_to_block(object);
    if handles.null == Some(0) && handles.tag.holds(0) {
        // Null is the one address that no object has.
        go_on_if(b, word, slow);
    }
    check_tag(b, handles.tag, word, slow);
    number_object::read(b, numbers, word, scalar, done, slow);
    b.seal_block(done);
    b.switch_to_block(done);
    found
}

fn small(b: &mut FunctionBuilder<'_>, integers: Option<Small>, word: Value, slow: Block) -> Value {
    let Some(Small { tag, shift }) = integers else {
        let never = b.ins().iconst(types::I8, 0);
        go_on_if(b, never, slow);
        return word;
    };
    check_tag(b, tag, word, slow);
    b.ins().sshr_imm_u(word, i64::from(shift))
}

fn truth(b: &mut FunctionBuilder<'_>, booleans: Option<[u64; 2]>, word: Value, slow: Block) -> Value {
    let Some(truths) = booleans else {
        let never = b.ins().iconst(types::I8, 0);
        go_on_if(b, never, slow);
        return word;
    };
    test::truth(b, truths, word, slow)
}

fn check_tag(b: &mut FunctionBuilder<'_>, tag: Tag, word: Value, slow: Block) {
    if tag == Tag::NONE {
        return;
    }
    let mask = b.ins().iconst(types::I64, tag.mask as i64);
    let bits = b.ins().band(word, mask);
    // A single bit needs no comparison.
    let holds = if tag.mask.is_power_of_two() && tag.bits == tag.mask { bits } else { is_word(b, bits, tag.bits) };
    go_on_if(b, holds, slow);
}

fn is_word(b: &mut FunctionBuilder<'_>, word: Value, other: u64) -> Value {
    let other = b.ins().iconst(types::I64, other as i64);
    b.ins().icmp(IntCC::Equal, word, other)
}
