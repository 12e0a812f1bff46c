//! The engine's own native function, which unpacks its arguments, calls C, and packs the result.
//!
//! This code unpacks and packs numbers, booleans and null by the engine's model ([`unpack`], [`pack`]). If the model
//! has objects, it also finds their bytes. Some calls go to the interpreter as a whole, before they have any effect:
//!
//! * calls with any other argument, or without room in the list of pinned objects,
//! * calls with too few arguments,
//! * calls of closed functions.
//!
//! Without a model of objects, the interpreter converts all arguments of functions with pointers or structs, and this
//! code calls C with the slots. It does the same for functions with many parameters.
//!
//! Values that are needed after a call do not stay in registers. They wait in the frame, most of them in its
//! [`NativeCall`]. A record that the engine passes on the stack stays there.

use std::ffi::c_void;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::form::Form;
use crate::codegen::blocks::go_on_if;
use crate::codegen::body::{Body, Compile};
use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::call;
use crate::codegen::frame::{self, Kept};
use crate::codegen::slots::Slots;
use crate::codegen::words::CallWords;
use crate::convention::plan::Return;
use crate::engine::call::NativeCall;
use crate::engine::record::{Pending, RecordHead};
use crate::entry::engine_values::call::{EngineCall, EngineValuesBody};
use crate::entry::engine_values::call_parts::{CallParts, Rest};
use crate::entry::engine_values::pack;
use crate::entry::engine_values::read_arguments::ReadArguments;
use crate::entry::engine_values::readers::Compiling;
use crate::entry::engine_values::unpacked::Unpacked;
use crate::error::JitError;

impl Compile for Compiling<'_> {
    fn body(&self) -> Result<impl Body, JitError> {
        EngineValuesBody::of(self.key, CallParts::new(), &self.readers)
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
        call.check_repeated(b);
        let memory = call.result_memory(b);
        let (results, destination) = if key.is_buffered() {
            let (target, slots) = call.begin_by_interpreter(b);
            let behind = key.params.len() as i32 * 8;
            let address = key.destination.map(|_| b.ins().stack_load(types::I64, types::I64, slots, behind));
            let destination = address.map(|address| Kept::store(b, address));
            let slots = frame::address(b, slots, 0);
            let result = memory.map(|memory| frame::address(b, memory, 0));
            let mut source = Slots::new(slots, result.unwrap_or(slots), key.params.len());
            (call::emit(b, &key.plan, &self.call, &mut source, target, shim), destination)
        } else {
            let target = call.load_target(b);
            call.check_count(b);
            if key.calls_readers() {
                let (target, mut source) = ReadArguments::read(&call, b, target, memory);
                (call::emit(b, &key.plan, &self.call, &mut source, target, shim), source.destination)
            } else {
                let mut source = Unpacked::new(b, &call, memory);
                (call::emit(b, &key.plan, &self.call, &mut source, target, shim), source.destination)
            }
        };
        match destination {
            None => call.finish(b, &results, memory),
            Some(destination) => call.finish_into(b, &results, memory, &destination),
        }
        if !key.is_buffered() {
            call.emit_slow(b);
        }
        call.emit_exit(b);
        call.emit_exception(b);
    }
}

impl EngineCall<'_> {
    /// Throws the exception that waits, if the model says that one may. No fast call runs then.
    fn check_repeated(&self, b: &mut FunctionBuilder<'_>) {
        if !self.model().repeats {
            return;
        }
        let cell = b.ins().load(types::I64, UNALIGNED, self.record, RecordHead::PENDING as i32);
        let null = b.ins().iconst(types::I64, 0);
        b.ins().store(UNALIGNED, null, cell, Pending::EXIT as i32);
        self.throw_if_pending(b, cell, |_| {});
    }

    fn check_count(&self, b: &mut FunctionBuilder<'_>) {
        let count = self.native.key.arity();
        if count > 0 && !self.model().padded {
            let enough = b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, self.argc, count as i64);
            let [few, next] = std::array::from_fn(|_| b.create_block());
            b.set_cold_block(few);
            b.ins().brif(enough, next, &[], few, &[]);
            b.seal_block(few);
            b.switch_to_block(few);
            self.leave(b, self.argc, self.argv);
            b.seal_block(next);
            b.switch_to_block(next);
        }
    }

    /// Loads the record's target, and counts the call. A closed record leaves the call to the interpreter.
    fn load_target(&self, b: &mut FunctionBuilder<'_>) -> Value {
        let target = b.ins().load(types::I64, UNALIGNED, self.record, RecordHead::TARGET as i32);
        let open = b.ins().icmp_imm_u(IntCC::NotEqual, target, 0);
        self.check(b, open);
        let calls = b.ins().load(types::I64, UNALIGNED, self.record, RecordHead::CALLS as i32);
        let calls = b.ins().iadd_imm_u(calls, 1);
        b.ins().store(UNALIGNED, calls, self.record, RecordHead::CALLS as i32);
        target
    }

    /// Makes the interpreter begin the call. Returns the record's target, and the slots of the arguments.
    fn begin_by_interpreter(&self, b: &mut FunctionBuilder<'_>) -> (Value, StackSlot) {
        let slots = frame::reserve(b, self.native.key.arity() as u32 * 8);
        let to = frame::address(b, slots, 0);
        let begin = self.native.parts.begin;
        let target = self.call_with_state(b, begin, &[self.argc, self.argv, to], &[types::I64])[0];
        let exception = self.exception(b);
        go_on_if(b, target, exception);
        (target, slots)
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
                let Some(value) = self.make_value(b, (result, size)) else {
                    return self.exit_with_result(b, result);
                };
                value
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
        self.help(b, self.helpers().finish as *const c_void, &[]);
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
        self.throw_if_pending(b, cell, first);
    }

    /// Continues if no exception waits in the cell. Otherwise emits `first`, and throws.
    fn throw_if_pending(&self, b: &mut FunctionBuilder<'_>, cell: Value, first: impl FnOnce(&mut FunctionBuilder<'_>)) {
        let pending = b.ins().load(types::I32, UNALIGNED, cell, Pending::EXCEPTION as i32);
        let [thrown, next] = std::array::from_fn(|_| b.create_block());
        b.ins().brif(pending, thrown, &[], next, &[]);
        b.seal_block(thrown);
        b.seal_block(next);
        b.set_cold_block(thrown);
        b.switch_to_block(thrown);
        first(b);
        let rest = b.ins().iconst(types::I64, Rest::THROW_PENDING as i64);
        self.leave(b, rest, rest);
        b.switch_to_block(next);
    }

    /// Emits the code that leaves the call to the interpreter.
    fn emit_slow(&self, b: &mut FunctionBuilder<'_>) {
        b.seal_block(self.slow);
        b.switch_to_block(self.slow);
        let count = b.ins().iconst(types::I64, self.native.key.arity() as i64);
        let argv = self.argv_after_readers(b);
        self.leave(b, count, argv);
    }
}
