//! The `values` entry: the engine's own native function, which unpacks its arguments, calls C, and packs the result.
//!
//! Numbers, booleans and null are unpacked and packed here by the engine's model ([`unpack`], [`pack`]). A call with a small
//! number or a boolean that its type does not take, with too few arguments, or of a closed function goes to the interpreter as
//! a whole, before anything has happened. Pointers, structs, and integers of 64 bits that have no class are converted by the
//! model's helper, behind the checks of all others.
//!
//! Nothing that is needed after a call stays in a register: it waits in the frame's [`NativeCall`].

mod pack;
mod unpack;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, Block, BlockArg, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use super::arrival::{Arrival, Words};
use super::blocks::{go_on_if, next_block};
use super::bytes::{self, UNALIGNED};
use super::call;
use super::frame::{self, Kept};
use super::signature::Outgoing;
use super::slots::Slots;
use super::stub::{CELL_CONTEXT, ContextPlace};
use super::test::test;
use crate::abi::Abi;
use crate::error::JitError;
use crate::plan::{Plan, Return};
use crate::shape::{CallbackPlan, ValuesPlan, ValuesResult, is_pinnable, may_need_helper};
use crate::types::Scalar;
use crate::values::{EngineAbi, Failure, Helpers, NativeCall, Outcome, Pending, RecordHead, Role, Test, ValueModel};
use unpack::Unpacked;

/// The integer registers that unpacking takes: one for the function's address, two for a number and its check.
pub(crate) const BUSY: usize = 3;

/// A trampoline of the `values` entry in Cranelift's terms.
pub(crate) struct Native<'a> {
    values: &'a ValuesPlan,
    engine: &'a EngineAbi,
    /// How the engine's call arrives, and how it wants its answer.
    plan: Plan,
    pub(crate) arrival: Arrival,
    /// Where the record is, if no parameter brings it.
    pub(crate) context: Option<ContextPlace>,
    /// Makes calls that this code leaves alone.
    interpret: *const u8,
}

impl<'a> Native<'a> {
    /// `interpret` is the address of the interpreter.
    pub(crate) fn of(
        abi: Abi,
        values: &'a ValuesPlan,
        engine: &'a EngineAbi,
        interpret: *const u8,
    ) -> Result<Self, JitError> {
        let model = engine.model();
        let CallbackPlan { plan, .. } = CallbackPlan::of(&model.native, abi.plan(&model.native)?);
        let (arrival, context) = if model.passes_data() {
            (Arrival::of(abi, &plan), None)
        } else {
            let (arrival, place) = Arrival::with_context(abi, &plan);
            (arrival, Some(place))
        };
        Ok(Self { values, engine, plan, arrival, context, interpret })
    }
}

/// Emits the trampoline.
pub(crate) fn emit(b: &mut FunctionBuilder<'_>, native: &Native<'_>, outgoing: &Outgoing, shim: Option<*const u8>) {
    let words = native.arrival.enter(b);
    let call = Call::begin(b, native, &words);
    call.check_count(b);
    let target = call.load_target(b);
    let memory = call.result_memory(b);
    let results = if !native.values.is_buffered() {
        let mut source = Unpacked::new(&call, memory);
        call::emit(b, &native.values.plan, outgoing, &mut source, target, shim)
    } else {
        // Whoever closes the function from now on comes too late for this call.
        let target = Kept::store(b, target);
        let slots = call.convert(b);
        let target = target.load(b);
        let slots = frame::address(b, slots, 0);
        let result = memory.map(|memory| frame::address(b, memory, 0));
        let mut source = Slots::new(slots, result.unwrap_or(slots), native.values.params.len());
        call::emit(b, &native.values.plan, outgoing, &mut source, target, shim)
    };
    call.finish(b, &results, memory);
    call.emit_exits(b);
}

/// The call while its code is written.
struct Call<'a> {
    native: &'a Native<'a>,
    /// The function's record, as long as nothing was called.
    record: Value,
    /// The [`NativeCall`] with its pins.
    state: StackSlot,
    /// Offsets of the fields of `state` that no parameter brings. They are null, and written in front of each call of a helper:
    /// calls with numbers alone call none.
    absent: Vec<usize>,
    argc: Value,
    /// The first argument, as long as no helper was called.
    argv: Value,
    kept_argv: Option<Kept>,
    /// Where the value goes that is not returned.
    value_to: Option<Kept>,
    /// Leaves the call to the interpreter. There are as many arguments as parameters; more make no difference.
    slow: Block,
    /// The same, with the number of arguments.
    interpret: Block,
    /// Returns a value, which it gets as words.
    success: Block,
    /// Returns what says that there is an exception.
    exception: Block,
}

impl<'a> Call<'a> {
    fn begin(b: &mut FunctionBuilder<'_>, native: &'a Native<'a>, words: &Words) -> Self {
        let Native { values, engine, plan, context, .. } = native;
        let model = engine.model();
        let role = |b: &mut FunctionBuilder<'_>, is: fn(Role) -> bool| {
            model.index(is).map(|index| words.slot(b, &plan.args[index].pieces()[0]))
        };
        let state = frame::reserve(b, (NativeCall::SIZE + 8 * values.pinnable()) as u32);
        let store = |b: &mut FunctionBuilder<'_>, value, offset| {
            b.ins().stack_store(types::I64, value, state, offset as i32);
        };
        let record = match context {
            Some(place) => {
                let cell = words.context(b, *place);
                Some(b.ins().load(types::I64, UNALIGNED, cell, CELL_CONTEXT))
            }
            None => role(b, |role| role == Role::Data),
        };
        let context = role(b, |role| role == Role::Context);
        let exception = role(b, |role| role == Role::Exception);
        let Some(record) = record else { unreachable!("a stub or a parameter brings it") };
        store(b, record, NativeCall::RECORD);
        let mut absent = Vec::new();
        for (value, offset) in [(context, NativeCall::CONTEXT), (exception, NativeCall::EXCEPTION)] {
            match value {
                Some(value) => store(b, value, offset),
                None => absent.push(offset),
            }
        }
        if values.pinnable() > 0 {
            let none = b.ins().iconst(types::I64, 0);
            store(b, none, NativeCall::PINNED);
        }
        let (Some(argc), Some(array)) =
            (role(b, |role| role == Role::Argc), role(b, |role| matches!(role, Role::Argv { .. })))
        else {
            unreachable!("a model has these roles")
        };
        let at = |index: u8| i64::from(index) * i64::from(model.size);
        let argv = match model.first_argument() {
            0 => array,
            first => b.ins().iadd_imm_s(array, at(first)),
        };
        let kept_argv = values.is_buffered().then(|| Kept::store(b, argv));
        let value_to = match (model.outcome, &plan.ret) {
            (Outcome::Stored { index, .. }, _) => Some(b.ins().iadd_imm_s(array, at(index))),
            (Outcome::Returned { .. }, Return::Hidden { pointer, .. }) => Some(words.word(*pointer)),
            (Outcome::Returned { .. }, Return::Pass(_)) => None,
        };
        let value_to = value_to.map(|address| Kept::store(b, address));
        let [slow, interpret, success, exception] = std::array::from_fn(|_| b.create_block());
        for _ in 0..model.size / 8 {
            b.append_block_param(success, types::I64);
        }
        b.append_block_param(interpret, types::I64);
        [slow, interpret, exception].into_iter().for_each(|block| b.set_cold_block(block));
        Self { native, record, state, absent, argc, argv, kept_argv, value_to, slow, interpret, success, exception }
    }

    fn model(&self) -> &'a ValueModel {
        self.native.engine.model()
    }

    fn helpers(&self) -> &'a Helpers {
        self.native.engine.helpers()
    }

    /// Goes on only if `condition` holds.
    fn check(&self, b: &mut FunctionBuilder<'_>, condition: Value) {
        go_on_if(b, condition, self.slow);
    }

    fn check_count(&self, b: &mut FunctionBuilder<'_>) {
        let count = self.native.values.params.len();
        if count > 0 && !self.model().padded {
            let enough = b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, self.argc, count as i64);
            let next = next_block(b);
            b.ins().brif(enough, next, &[], self.interpret, &[BlockArg::from(self.argc)]);
            b.seal_block(next);
            b.switch_to_block(next);
        }
    }

    /// The record's target, which is there.
    fn load_target(&self, b: &mut FunctionBuilder<'_>) -> Value {
        let target = b.ins().load(types::I64, UNALIGNED, self.record, RecordHead::TARGET as i32);
        let open = b.ins().icmp_imm_u(IntCC::NotEqual, target, 0);
        self.check(b, open);
        target
    }

    fn argv_after_helpers(&self, b: &mut FunctionBuilder<'_>) -> Value {
        self.kept_argv.as_ref().map_or(self.argv, |argv| argv.load(b))
    }

    fn load_state(&self, b: &mut FunctionBuilder<'_>, offset: usize) -> Value {
        b.ins().stack_load(types::I64, types::I64, self.state, offset as i32)
    }

    /// Where an argument's value lies, from the first one.
    fn at(&self, arg: usize) -> i32 {
        arg as i32 * i32::from(self.model().size)
    }

    /// Fills a buffer of slots: first what is checked here, then what the helper converts. Returns its address.
    fn convert(&self, b: &mut FunctionBuilder<'_>) -> StackSlot {
        let params = &self.native.values.params;
        let slots = frame::reserve(b, params.len() as u32 * 8);
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
        if self.native.values.pinnable() > 0 {
            self.release(b, None);
        }
        b.ins().jump(self.exception, &[]);
        b.switch_to_block(next);
    }

    /// Calls a helper with the call and more; returns the `bool` that it returns, if it does.
    fn help(&self, b: &mut FunctionBuilder<'_>, helper: *const u8, args: &[Value]) -> Value {
        let mut signature = ir::Signature::new(self.native.arrival.call_conv);
        signature.params.resize(args.len() + 1, AbiParam::new(types::I64));
        signature.returns.push(AbiParam::new(types::I8));
        let signature = b.import_signature(signature);
        let helper = b.ins().iconst(types::I64, helper as i64);
        for &offset in &self.absent {
            let null = b.ins().iconst(types::I64, 0);
            b.ins().stack_store(types::I64, null, self.state, offset as i32);
        }
        let state = frame::address(b, self.state, 0);
        let args: Vec<_> = [state].iter().chain(args).copied().collect();
        let call = b.ins().call_indirect(signature, helper, &args);
        b.inst_results(call)[0]
    }

    /// Memory for the bytes of a result, if it has some.
    fn result_memory(&self, b: &mut FunctionBuilder<'_>) -> Option<StackSlot> {
        match self.native.values.result {
            ValuesResult::Bytes(size) => {
                let size = size.next_multiple_of(8).max(8);
                let memory = frame::reserve(b, size);
                if matches!(self.native.values.plan.ret, Return::Hidden { .. }) {
                    // What C leaves as it was, padding say, is for script to see.
                    let address = frame::address(b, memory, 0);
                    bytes::zero(b, address, size);
                }
                Some(memory)
            }
            ValuesResult::Void | ValuesResult::Scalar(_) => None,
        }
    }

    /// What follows the call of C, which left its result in these words or in this memory.
    fn finish(&self, b: &mut FunctionBuilder<'_>, results: &[Value], memory: Option<StackSlot>) {
        let mut raw = None;
        if let Return::Pass(arg) = &self.native.values.plan.ret {
            match memory {
                Some(memory) => {
                    let base = frame::address(b, memory, 0);
                    call::store_pieces(b, arg.pieces(), results, base);
                }
                None => raw = arg.pieces().first().map(|piece| pack::raw(b, results[0], piece)),
            }
        }
        if self.native.values.pinnable() > 0 {
            raw = self.release(b, raw);
        }
        self.check_pending(b);
        let value = match (self.native.values.result, raw, memory) {
            (ValuesResult::Scalar(scalar), Some(raw), _) => return pack::scalar(self, b, scalar, raw),
            (ValuesResult::Bytes(_), _, Some(memory)) => {
                let result = frame::address(b, memory, 0);
                return self.help_with_result(b, result);
            }
            _ => pack::words(b, self.model(), self.model().undefined.value),
        };
        self.succeed(b, &value);
    }

    /// Releases the pins, if there are some, while `value` waits.
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

    fn check_pending(&self, b: &mut FunctionBuilder<'_>) {
        let record = self.load_state(b, NativeCall::RECORD);
        let cell = b.ins().load(types::I64, UNALIGNED, record, RecordHead::PENDING as i32);
        let pending = b.ins().load(types::I32, UNALIGNED, cell, Pending::EXCEPTION as i32);
        let [thrown, next] = std::array::from_fn(|_| b.create_block());
        b.ins().brif(pending, thrown, &[], next, &[]);
        b.seal_block(thrown);
        b.seal_block(next);
        b.set_cold_block(thrown);
        b.switch_to_block(thrown);
        let why = b.ins().iconst(types::I64, Failure::Pending as i64);
        self.help(b, self.helpers().fail as *const u8, &[why]);
        b.ins().jump(self.exception, &[]);
        b.switch_to_block(next);
    }

    /// Has the helper make a value of what lies there.
    fn help_with_result(&self, b: &mut FunctionBuilder<'_>, result: Value) {
        let value = frame::reserve(b, 16);
        let to = frame::address(b, value, 0);
        let made = self.help(b, self.helpers().result as *const u8, &[result, to]);
        self.succeed_if(b, made, value);
    }

    /// Returns the value in this memory, if it was made.
    fn succeed_if(&self, b: &mut FunctionBuilder<'_>, made: Value, value: StackSlot) {
        let next = next_block(b);
        b.ins().brif(made, next, &[], self.exception, &[]);
        b.seal_block(next);
        b.switch_to_block(next);
        let words: Vec<_> = (0..self.model().size / 8)
            .map(|word| b.ins().stack_load(types::I64, types::I64, value, i32::from(word) * 8))
            .collect();
        self.succeed(b, &words);
    }

    fn succeed(&self, b: &mut FunctionBuilder<'_>, words: &[Value]) {
        let words: Vec<_> = words.iter().copied().map(BlockArg::from).collect();
        b.ins().jump(self.success, &words);
    }

    /// The blocks that leave the function.
    fn emit_exits(&self, b: &mut FunctionBuilder<'_>) {
        b.seal_block(self.slow);
        b.switch_to_block(self.slow);
        let count = b.ins().iconst(types::I64, self.native.values.params.len() as i64);
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
            Outcome::Returned { .. } => self.return_value(b, &words),
            Outcome::Stored { success, .. } => {
                self.store_value(b, &words);
                self.return_integer(b, success);
            }
        }

        b.seal_block(self.exception);
        b.switch_to_block(self.exception);
        match self.model().outcome {
            Outcome::Returned { exception } => {
                let words = pack::words(b, self.model(), exception);
                self.return_value(b, &words);
            }
            Outcome::Stored { exception, .. } => self.return_integer(b, exception),
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
