//! The engine's own native function, which unpacks its arguments, calls C, and packs the result.
//!
//! This code unpacks and packs numbers, booleans and null by the engine's model ([`unpack`], [`pack`]). If the model
//! has objects, it also finds their bytes. Some calls go to the interpreter as a whole, before they have any effect:
//!
//! * calls with a small number or a boolean that its type does not accept,
//! * calls with too few arguments,
//! * calls of closed functions,
//! * if this code finds bytes of objects, calls with any other argument that it cannot read, or without room in the
//!   list of pinned objects.
//!
//! Otherwise the model's helper converts integers of 64 bits without a class, pointers, and structs. It does so after
//! the checks of all other arguments. In models with objects, functions with pointers or structs do not call it.
//!
//! Values that are needed after a call do not stay in registers. They wait in the frame, most of them in its
//! [`NativeCall`]. A record that the engine passes on the stack stays there.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::form::Form;
use crate::c::scalar::Scalar;
use crate::codegen::blocks::next_block;
use crate::codegen::body::{Body, Compile};
use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::call;
use crate::codegen::frame::{self, Kept};
use crate::codegen::slots::Slots;
use crate::codegen::test::test;
use crate::codegen::words::CallWords;
use crate::convention::plan::Return;
use crate::engine::call::{Failure, NativeCall};
use crate::engine::record::{Pending, RecordHead};
use crate::engine::test::Test;
use crate::engine::values::model::ResultPath;
use crate::entry::engine_values::call::{EngineCall, EngineValuesBody};
use crate::entry::engine_values::interpreter::interpret;
use crate::entry::engine_values::key::{EngineValuesKey, is_pinnable, may_need_helper};
use crate::entry::engine_values::objects;
use crate::entry::engine_values::pack;
use crate::entry::engine_values::unpack::{self, Unpacked};
use crate::error::JitError;

impl Compile for EngineValuesKey {
    fn body(&self) -> Result<impl Body, JitError> {
        EngineValuesBody::of(self, interpret as *const u8)
    }
}

impl Body for EngineValuesBody<'_> {
    fn signature(&self) -> ir::Signature {
        self.arrival.signature()
    }

    fn call(&self) -> Option<&CallWords> {
        Some(&self.call)
    }

    fn emit(&self, b: &mut FunctionBuilder<'_>, shim: Option<*const u8>) {
        let key = self.key;
        let words = self.arrival.enter(b);
        let call = EngineCall::begin(b, self, &words);
        call.check_count(b);
        let target = call.load_target(b);
        let memory = call.result_memory(b);
        let (results, destination) = if !key.is_buffered() {
            let destination = objects::find_destination(&call, b);
            let mut source = Unpacked::new(&call, memory, destination.as_ref());
            let results = call::emit(b, &key.plan, &self.call, &mut source, target, shim);
            (results, destination.map(|destination| destination.address))
        } else {
            // Closing the function from now on does not affect this call.
            let target = Kept::store(b, target);
            let slots = call.convert(b);
            let target = target.load(b);
            let behind = key.params.len() as i32 * 8;
            let address = key.destination.map(|_| b.ins().stack_load(types::I64, types::I64, slots, behind));
            let destination = address.map(|address| Kept::store(b, address));
            let slots = frame::address(b, slots, 0);
            let result = memory.map(|memory| frame::address(b, memory, 0));
            let mut source = Slots::new(slots, result.unwrap_or(slots), key.params.len());
            (call::emit(b, &key.plan, &self.call, &mut source, target, shim), destination)
        };
        match destination {
            None => call.finish(b, &results, memory),
            Some(destination) => call.finish_into(b, &results, memory, &destination),
        }
        call.emit_exits(b);
    }
}

impl EngineCall<'_> {
    fn check_count(&self, b: &mut FunctionBuilder<'_>) {
        let count = self.native.key.arity();
        if count > 0 && !self.model().padded {
            let enough = b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, self.argc, count as i64);
            let next = next_block(b);
            b.ins().brif(enough, next, &[], self.interpret, &[BlockArg::from(self.argc)]);
            b.seal_block(next);
            b.switch_to_block(next);
        }
    }

    /// Loads the record's target. A closed record leaves the call to the interpreter.
    fn load_target(&self, b: &mut FunctionBuilder<'_>) -> Value {
        let target = b.ins().load(types::I64, UNALIGNED, self.record, RecordHead::TARGET as i32);
        let open = b.ins().icmp_imm_u(IntCC::NotEqual, target, 0);
        self.check(b, open);
        target
    }

    /// Fills a buffer of slots: first the values that are checked here, then the values that the helper converts.
    /// Returns its address.
    fn convert(&self, b: &mut FunctionBuilder<'_>) -> StackSlot {
        let params = &self.native.key.params;
        let slots = frame::reserve(b, self.native.key.arity() as u32 * 8);
        for (arg, scalar) in params.iter().enumerate() {
            if let Some(scalar) = scalar.filter(|&scalar| !may_need_helper(scalar)) {
                let slot = unpack::slot(self, b, arg, scalar, self.argv, self.slow);
                b.ins().stack_store(types::I64, slot, slots, arg as i32 * 8);
            }
        }
        for (arg, scalar) in params.iter().enumerate() {
            match scalar {
                Some(scalar) if !may_need_helper(*scalar) => {}
                Some(scalar) if !is_pinnable(*scalar) => self.convert_unless_number(b, arg, *scalar, slots),
                Some(_) => match self.model().null {
                    Some(null) => self.convert_unless_null(b, arg, null.test, slots),
                    None => self.convert_argument(b, arg, slots),
                },
                None => self.convert_argument(b, arg, slots),
            }
        }
        if self.native.key.destination.is_some() {
            self.convert_argument(b, params.len(), slots);
        }
        slots
    }

    fn convert_unless_number(&self, b: &mut FunctionBuilder<'_>, arg: usize, scalar: Scalar, slots: StackSlot) {
        let [other, done] = std::array::from_fn(|_| b.create_block());
        b.set_cold_block(other);
        let argv = self.argv_after_helpers(b);
        let slot = unpack::slot(self, b, arg, scalar, argv, other);
        b.ins().stack_store(types::I64, slot, slots, arg as i32 * 8);
        b.ins().jump(done, &[]);
        b.seal_block(other);
        b.switch_to_block(other);
        self.convert_argument(b, arg, slots);
        b.ins().jump(done, &[]);
        b.seal_block(done);
        b.switch_to_block(done);
    }

    fn convert_unless_null(&self, b: &mut FunctionBuilder<'_>, arg: usize, null: Test, slots: StackSlot) {
        let [is_null, other, done] = std::array::from_fn(|_| b.create_block());
        let argv = self.argv_after_helpers(b);
        let holds = test(b, argv, self.at(arg), null);
        b.set_cold_block(is_null);
        b.ins().brif(holds, is_null, &[], other, &[]);
        for block in [is_null, other] {
            b.seal_block(block);
            b.switch_to_block(block);
            if block == other {
                self.convert_argument(b, arg, slots);
            } else {
                let zero = b.ins().iconst(types::I64, 0);
                b.ins().stack_store(types::I64, zero, slots, arg as i32 * 8);
            }
            b.ins().jump(done, &[]);
        }
        b.seal_block(done);
        b.switch_to_block(done);
    }

    fn convert_argument(&self, b: &mut FunctionBuilder<'_>, arg: usize, slots: StackSlot) {
        let index = b.ins().iconst(types::I64, arg as i64);
        let argv = self.argv_after_helpers(b);
        let value = b.ins().iadd_imm_s(argv, i64::from(self.at(arg)));
        let slot = frame::address(b, slots, arg as u32 * 8);
        let converted = self.help(b, self.helpers().convert as *const u8, &[index, value, slot]);
        let [next, refused] = std::array::from_fn(|_| b.create_block());
        b.ins().brif(converted, next, &[], refused, &[]);
        b.seal_block(next);
        b.seal_block(refused);
        b.set_cold_block(refused);
        b.switch_to_block(refused);
        if self.native.key.pins_by_helper() {
            self.release(b, None);
        }
        b.ins().jump(self.exception, &[]);
        b.switch_to_block(next);
    }

    /// Reserves memory for the bytes of a result, if there are any. Those in registers go straight to a destination.
    fn result_memory(&self, b: &mut FunctionBuilder<'_>) -> Option<StackSlot> {
        let is_hidden = matches!(self.native.key.plan.ret, Return::Hidden { .. });
        match self.native.key.result {
            Form::Bytes(_) if self.native.key.destination.is_some() && !is_hidden => None,
            Form::Bytes(size) => {
                let size = size.next_multiple_of(8).max(8);
                let memory = frame::reserve(b, size);
                if is_hidden {
                    // C may leave bytes unchanged, such as padding. Script can see them, so they are zeroed first.
                    let address = frame::address(b, memory, 0);
                    bytes::zero(b, address, size);
                }
                Some(memory)
            }
            Form::Void | Form::Scalar(_) => None,
        }
    }

    /// Emits the code after the call of C, whose result is in these words or in this memory.
    fn finish(&self, b: &mut FunctionBuilder<'_>, results: &[Value], memory: Option<StackSlot>) {
        let mut raw = None;
        if let Return::Pass(arg) = &self.native.key.plan.ret {
            match memory {
                Some(memory) => {
                    let base = frame::address(b, memory, 0);
                    call::store_pieces(b, arg.pieces(), results, base);
                }
                None => raw = arg.pieces().first().map(|piece| pack::raw(b, results[0], piece)),
            }
        }
        if self.native.key.pins_by_helper() {
            raw = self.release(b, raw);
        }
        self.check_pending(b, |_| {});
        let value = match (self.native.key.result, raw, memory) {
            (Form::Scalar(scalar), Some(raw), _) => return pack::scalar(self, b, scalar, raw),
            (Form::Bytes(size), _, Some(memory)) => {
                let result = frame::address(b, memory, 0);
                let Some(function) = &self.native.bytes else { return self.help_with_result(b, result) };
                let context = self.load_state(b, NativeCall::CONTEXT);
                let words = usize::from(self.model().size / 8);
                function.make(b, context, (result, size), words, self.exception)
            }
            _ => pack::words(b, self.model(), self.model().undefined.value),
        };
        self.succeed(b, &value);
    }

    /// Emits the code after the call of C, whose result goes to a destination. The pins keep that in place, so they are
    /// released last.
    fn finish_into(&self, b: &mut FunctionBuilder<'_>, results: &[Value], memory: Option<StackSlot>, to: &Kept) {
        let release = |b: &mut FunctionBuilder<'_>| {
            if self.native.key.pins_by_helper() {
                self.release(b, None);
            }
        };
        self.check_pending(b, release);
        let to = to.load(b);
        match (&self.native.key.plan.ret, memory) {
            (Return::Pass(arg), _) => call::store_pieces(b, arg.pieces(), results, to),
            (Return::Hidden { .. }, Some(memory)) => {
                let from = frame::address(b, memory, 0);
                bytes::copy_exactly(b, from, to, self.native.key.result.bytes());
            }
            (Return::Hidden { .. }, None) => unreachable!("a result in memory has bytes"),
        }
        release(b);
        let value = pack::words(b, self.model(), self.model().undefined.value);
        self.succeed(b, &value);
    }

    /// Releases the pins, if there are any, while `value` waits.
    fn release(&self, b: &mut FunctionBuilder<'_>, value: Option<Value>) -> Option<Value> {
        let pinned = self.load_state(b, NativeCall::PINNED);
        let [release, done] = std::array::from_fn(|_| b.create_block());
        let param = value.map(|value| b.append_block_param(done, b.func.dfg.value_type(value)));
        let arg: Vec<_> = value.into_iter().map(BlockArg::from).collect();
        b.ins().brif(pinned, release, &[], done, &arg);
        b.seal_block(release);
        b.set_cold_block(release);
        b.switch_to_block(release);
        let kept = value.map(|value| Kept::store(b, value));
        self.help(b, self.helpers().finish as *const u8, &[]);
        let ty = param.map(|param| b.func.dfg.value_type(param));
        let arg: Vec<_> = kept.iter().zip(ty).map(|(kept, ty)| BlockArg::from(kept.load_as(b, ty))).collect();
        b.ins().jump(done, &arg);
        b.seal_block(done);
        b.switch_to_block(done);
        param
    }

    /// Continues if no exception waits. Otherwise emits `first`, and throws.
    fn check_pending(&self, b: &mut FunctionBuilder<'_>, first: impl FnOnce(&mut FunctionBuilder<'_>)) {
        let record = self.record_after_call(b);
        let cell = b.ins().load(types::I64, UNALIGNED, record, RecordHead::PENDING as i32);
        let pending = b.ins().load(types::I32, UNALIGNED, cell, Pending::EXCEPTION as i32);
        let [thrown, next] = std::array::from_fn(|_| b.create_block());
        b.ins().brif(pending, thrown, &[], next, &[]);
        b.seal_block(thrown);
        b.seal_block(next);
        b.set_cold_block(thrown);
        b.switch_to_block(thrown);
        first(b);
        let why = b.ins().iconst(types::I64, Failure::Pending as i64);
        self.help(b, self.helpers().fail as *const u8, &[why]);
        b.ins().jump(self.exception, &[]);
        b.switch_to_block(next);
    }

    /// Emits the blocks that leave the function.
    fn emit_exits(&self, b: &mut FunctionBuilder<'_>) {
        b.seal_block(self.slow);
        b.switch_to_block(self.slow);
        let count = b.ins().iconst(types::I64, self.native.key.arity() as i64);
        b.ins().jump(self.interpret, &[BlockArg::from(count)]);

        b.seal_block(self.interpret);
        b.switch_to_block(self.interpret);
        let argc = b.block_params(self.interpret)[0];
        let argv = self.argv_after_helpers(b);
        let value = frame::reserve(b, 16);
        let to = frame::address(b, value, 0);
        let made = self.help(b, self.native.interpret, &[argc, argv, to]);
        self.succeed_if(b, made, value);

        b.seal_block(self.success);
        b.switch_to_block(self.success);
        let words = b.block_params(self.success).to_vec();
        match self.model().outcome {
            ResultPath::Returned { .. } => self.return_value(b, &words),
            ResultPath::Stored { success, .. } => {
                self.store_value(b, &words);
                self.return_integer(b, success);
            }
        }

        b.seal_block(self.exception);
        b.switch_to_block(self.exception);
        match self.model().outcome {
            ResultPath::Returned { exception } => {
                let words = pack::words(b, self.model(), exception);
                self.return_value(b, &words);
            }
            ResultPath::Stored { exception, .. } => self.return_integer(b, exception),
        }
    }

    fn return_value(&self, b: &mut FunctionBuilder<'_>, words: &[Value]) {
        let returned: Vec<_> = match &self.native.plan.ret {
            Return::Pass(arg) => arg.pieces().iter().map(|piece| pack::returned(b, words, piece)).collect(),
            Return::Hidden { returned_in, .. } => {
                let to = self.store_value(b, words);
                returned_in.and(to).into_iter().collect()
            }
        };
        b.ins().return_(&returned);
    }

    fn store_value(&self, b: &mut FunctionBuilder<'_>, words: &[Value]) -> Option<Value> {
        let to = self.value_to.as_ref()?.load(b);
        for (index, &word) in words.iter().enumerate() {
            b.ins().store(UNALIGNED, word, to, index as i32 * 8);
        }
        Some(to)
    }

    fn return_integer(&self, b: &mut FunctionBuilder<'_>, integer: u64) {
        let integer = b.ins().iconst(types::I64, integer as i64);
        b.ins().return_(&[integer]);
    }
}
