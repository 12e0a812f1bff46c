//! A call by an engine, while its code is emitted.

use std::cell::Cell;
use std::ffi::c_void;

use cranelift_codegen::ir::{self, AbiParam, Block, BlockArg, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::arch::operands::CELL_CONTEXT;
use crate::codegen::arrival::{Arrival, Arrived, StackPlace};
use crate::codegen::blocks::go_on_if;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::frame::{self, Kept};
use crate::codegen::object;
use crate::codegen::words::CallWords;
use crate::convention::canonical;
use crate::convention::plan::{Plan, Return};
use crate::convention::spare::Spare;
use crate::engine::call::{EngineHelpers, NativeCall};
use crate::engine::object::Path;
use crate::engine::values::info::CallInfo;
use crate::engine::values::model::{ResultPath, Role, ValueModel};
use crate::entry::engine_values::call_parts::{CallParts, Rest};
use crate::entry::engine_values::key::EngineValuesKey;
use crate::entry::engine_values::make::MakeCall;
use crate::entry::engine_values::pack::{self, Packing};
use crate::entry::engine_values::readers::ReaderAddresses;
use crate::error::JitError;

/// The number of integer registers that unpacking takes: one for the function's address, two for a number and its
/// check.
const UNPACKING_REGISTERS: usize = 3;

/// A native function in Cranelift's terms.
pub(crate) struct EngineValuesBody<'a> {
    pub(crate) key: &'a EngineValuesKey,
    /// The plan of the engine's call and of its answer.
    pub(crate) plan: Plan,
    pub(crate) arrival: Arrival,
    /// The place of the stub's cell, if no parameter brings the record.
    pub(crate) spare: Option<Spare>,
    pub(crate) call: CallWords,
    /// The call of the engine's function that makes values of such results.
    pub(crate) make: Option<MakeCall<'a>>,
    /// The functions for the parts of calls that this code leaves to others.
    pub(crate) parts: CallParts,
    /// The readers of the model that the function calls.
    pub(crate) readers: &'a ReaderAddresses,
}

impl<'a> EngineValuesBody<'a> {
    /// Describes the function.
    pub(crate) fn of(
        key: &'a EngineValuesKey,
        parts: CallParts,
        readers: &'a ReaderAddresses,
    ) -> Result<Self, JitError> {
        let EngineValuesKey { engine, abi, .. } = key;
        let model = engine.model();
        let plan = canonical::incoming(&model.native, abi.plan(&model.native)?);
        let spare = (!model.passes_data()).then(|| Spare::of(abi.convention(), &plan));
        let arrival = match spare {
            None => Arrival::of(*abi, &plan)?,
            Some(place) => Arrival::behind_stub(*abi, &plan, place)?,
        };
        let call = CallWords::of(*abi, &key.plan, UNPACKING_REGISTERS)?;
        let make = model.make.of(key.result).filter(|_| key.destination.is_none());
        let make = make.map(|function| MakeCall::of(*abi, function)).transpose()?;
        Ok(Self { key, plan, arrival, spare, call, make, parts, readers })
    }
}

/// The call while its code is emitted.
pub(crate) struct EngineCall<'a> {
    pub(crate) native: &'a EngineValuesBody<'a>,
    /// The function's record, valid until something is called.
    pub(crate) record: Value,
    /// The place of the record on the caller's stack, where it stays. Otherwise `state` has it from the beginning.
    record_place: Option<StackPlace>,
    /// The [`NativeCall`] with its pins.
    pub(crate) state: StackSlot,
    pub(crate) argc: Value,
    /// The first argument, valid until something is called.
    pub(crate) argv: Value,
    /// The first argument for after readers were called. `None` if the function does not call any.
    kept_argv: Option<Kept>,
    /// The address for the value, if it is not returned, nor written to the struct that describes the call.
    value_to: Option<Kept>,
    /// The struct that describes the call, if there is one.
    info: Option<(&'a CallInfo, Kept)>,
    /// Leaves the call to the interpreter. It passes the number of parameters as the number of arguments, because
    /// further arguments are ignored.
    pub(crate) slow: Block,
    /// Leaves the rest of the call to [`CallParts::leave`], with the [`Rest`] and its data.
    exit: Block,
    /// Returns the mark of an exception. `None` until something jumps there.
    exception: Cell<Option<Block>>,
}

impl<'a> EngineCall<'a> {
    pub(crate) fn begin(b: &mut FunctionBuilder<'_>, native: &'a EngineValuesBody<'a>, words: &Arrived) -> Self {
        let EngineValuesBody { key, plan, spare, .. } = native;
        let model = key.engine.model();
        let role = |b: &mut FunctionBuilder<'_>, is: fn(Role) -> bool| {
            model.index(is).map(|index| words.slot(b, &plan.args[index].pieces()[0]))
        };
        let state = frame::reserve(b, (NativeCall::SIZE + 8 * key.pinnable()) as u32);
        let store = |b: &mut FunctionBuilder<'_>, value, offset| {
            b.ins().stack_store(types::I64, value, state, offset as i32);
        };
        let record = match spare {
            Some(place) => {
                let cell = words.cell(b, *place);
                Some(b.ins().load(types::I64, UNALIGNED, cell, CELL_CONTEXT))
            }
            None => role(b, |role| role == Role::Data),
        };
        let context = role(b, |role| role == Role::Context);
        let exception = role(b, |role| role == Role::Exception);
        let Some(record) = record else { unreachable!("a stub or a parameter brings the record") };
        let data = model.index(|role| role == Role::Data);
        let record_place = data.and_then(|index| words.stack_place(&plan.args[index].pieces()[0]));
        if record_place.is_none() {
            store(b, record, NativeCall::RECORD);
        }
        // Helpers get null for the fields that no parameter brings. `begin` and `leave` write it.
        for (value, offset) in [(context, NativeCall::CONTEXT), (exception, NativeCall::EXCEPTION)] {
            if let Some(value) = value {
                store(b, value, offset);
            }
        }
        let info = model.info.as_ref().zip(role(b, |role| role == Role::Info));
        let (argc, array) = match info {
            Some((fields, info)) => {
                let argc = object::load(b, &fields.argc, info, fields.argc_len);
                (Some(argc), Some(object::address(b, &fields.argv, info)))
            }
            None => (role(b, |role| role == Role::Argc), role(b, |role| matches!(role, Role::Argv { .. }))),
        };
        let (Some(argc), Some(array)) = (argc, array) else { unreachable!("a model has these roles") };
        let at = |index: u8| i64::from(index) * i64::from(model.size);
        let argv = match model.first_argument() {
            0 => array,
            first => b.ins().iadd_imm_s(array, at(first)),
        };
        let kept_argv = key.calls_readers().then(|| Kept::store(b, argv));
        let value_to = match (model.outcome, &plan.ret) {
            (ResultPath::Stored { index, .. }, _) => Some(b.ins().iadd_imm_s(array, at(index))),
            (ResultPath::Returned { .. }, Return::Hidden { pointer, .. }) => Some(words.word(*pointer)),
            (ResultPath::Returned { .. }, Return::Pass(_)) | (ResultPath::Info, _) => None,
        };
        let info = info.map(|(fields, info)| (fields, Kept::store(b, info)));
        let value_to = value_to.map(|address| Kept::store(b, address));
        let slow = b.create_block();
        b.set_cold_block(slow);
        let exit = b.create_block();
        b.set_cold_block(exit);
        let exception = Cell::new(None);
        Self { native, record, record_place, state, argc, argv, kept_argv, value_to, info, slow, exit, exception }
    }

    pub(crate) fn model(&self) -> &'a ValueModel {
        self.native.key.engine.model()
    }

    pub(crate) fn helpers(&self) -> &'a EngineHelpers {
        self.native.key.engine.helpers()
    }

    /// Continues only if `condition` holds.
    pub(crate) fn check(&self, b: &mut FunctionBuilder<'_>, condition: Value) {
        go_on_if(b, condition, self.slow);
    }

    /// Returns the record after something was called.
    pub(crate) fn record_after_call(&self, b: &mut FunctionBuilder<'_>) -> Value {
        match self.record_place {
            Some(place) => place.load(b),
            None => self.load_state(b, NativeCall::RECORD),
        }
    }

    /// Returns the first argument after readers may have been called.
    pub(crate) fn argv_after_readers(&self, b: &mut FunctionBuilder<'_>) -> Value {
        self.kept_argv.as_ref().map_or(self.argv, |argv| argv.load(b))
    }

    /// Returns the pointer that the engine's own functions want. It is undefined if the engine does not pass one.
    fn context(&self, b: &mut FunctionBuilder<'_>) -> Value {
        match self.info_context() {
            Some((path, info)) => {
                let info = info.load(b);
                object::load(b, path, info, 8)
            }
            None => self.load_state(b, NativeCall::CONTEXT),
        }
    }

    /// Returns the path to the context in the struct that describes the call, if it is there.
    fn info_context(&self) -> Option<(&'a Path, &Kept)> {
        let (fields, info) = self.info.as_ref()?;
        Some((fields.context.as_ref()?, info))
    }

    /// Returns the address for the value, if it is not returned.
    fn value_place(&self, b: &mut FunctionBuilder<'_>) -> Option<Value> {
        match (self.model().outcome, &self.info) {
            (ResultPath::Info, Some((fields, info))) => {
                let info = info.load(b);
                Some(object::address(b, &fields.result, info))
            }
            _ => self.value_to.as_ref().map(|to| to.load(b)),
        }
    }

    /// Makes the value of a result without a class by the engine's function, if it has one: of a scalar, or of bytes at
    /// this address and their number.
    pub(crate) fn make_value(&self, b: &mut FunctionBuilder<'_>, result: (Value, u32)) -> Option<Vec<Value>> {
        let function = self.native.make.as_ref()?;
        let context = self.context(b);
        let exception = self.exception(b);
        Some(function.make(b, context, result, self.model(), exception))
    }

    pub(crate) fn load_state(&self, b: &mut FunctionBuilder<'_>, offset: usize) -> Value {
        b.ins().stack_load(types::I64, types::I64, self.state, offset as i32)
    }

    /// Returns the offset of an argument's value from the first one.
    pub(crate) fn at(&self, arg: usize) -> i32 {
        arg as i32 * i32::from(self.model().size)
    }

    /// Calls a helper with the call and `args`. Returns its `bool`, which is undefined for helpers that return nothing.
    pub(crate) fn help(&self, b: &mut FunctionBuilder<'_>, helper: *const c_void, args: &[Value]) -> Value {
        self.call_with_state(b, helper, args, &[types::I8])[0]
    }

    /// Calls a function of Rust with the call and `args`.
    pub(crate) fn call_with_state(
        &self,
        b: &mut FunctionBuilder<'_>,
        function: *const c_void,
        args: &[Value],
        returns: &[ir::Type],
    ) -> Vec<Value> {
        let mut signature = ir::Signature::new(self.native.arrival.call_conv);
        signature.params.resize(args.len() + 1, AbiParam::new(types::I64));
        signature.returns.extend(returns.iter().copied().map(AbiParam::new));
        let signature = b.import_signature(signature);
        let function = b.ins().iconst(types::I64, function as i64);
        if let Some(place) = self.record_place {
            let record = place.load(b);
            b.ins().stack_store(types::I64, record, self.state, NativeCall::RECORD as i32);
        }
        if self.info_context().is_some() {
            let context = self.context(b);
            b.ins().stack_store(types::I64, context, self.state, NativeCall::CONTEXT as i32);
        }
        let state = frame::address(b, self.state, 0);
        let args: Vec<_> = [state].iter().chain(args).copied().collect();
        let call = b.ins().call_indirect(signature, function, &args);
        b.inst_results(call).to_vec()
    }

    /// Leaves the rest of the call to [`leave`](CallParts::leave), with these arguments.
    pub(crate) fn leave(&self, b: &mut FunctionBuilder<'_>, rest: Value, data: Value) {
        b.ins().jump(self.exit, &[rest, data].map(BlockArg::from));
    }

    /// Emits the code that leaves the rest of the call, and returns the result.
    pub(crate) fn emit_exit(&self, b: &mut FunctionBuilder<'_>) {
        let [rest, data] = std::array::from_fn(|_| b.append_block_param(self.exit, types::I64));
        b.seal_block(self.exit);
        b.switch_to_block(self.exit);
        let to = match self.model().outcome {
            ResultPath::Stored { .. } | ResultPath::Info => self.value_place(b),
            ResultPath::Returned { .. } => None,
        };
        let to = to.unwrap_or_else(|| b.ins().iconst(types::I64, 0));
        let words = self.call_with_state(b, self.native.parts.leave, &[rest, data, to], &[types::I64; 2]);
        match self.model().outcome {
            ResultPath::Returned { .. } => self.return_value(b, &words),
            ResultPath::Stored { .. } => {
                b.ins().return_(&words[..1]);
            }
            ResultPath::Info => {
                b.ins().return_(&[]);
            }
        }
    }

    /// Leaves the function with the result of C in the slot or the bytes at this address, which the helper converts.
    pub(crate) fn exit_with_result(&self, b: &mut FunctionBuilder<'_>, result: Value) {
        let rest = b.ins().iconst(types::I64, Rest::CONVERT_RESULT as i64);
        self.leave(b, rest, result);
    }

    /// Returns a value.
    pub(crate) fn succeed(&self, b: &mut FunctionBuilder<'_>, words: &[Value]) {
        match self.model().outcome {
            ResultPath::Returned { .. } => self.return_value(b, words),
            ResultPath::Stored { success, .. } => {
                self.store_value(b, words);
                self.return_integer(b, success);
            }
            ResultPath::Info => {
                self.store_value(b, words);
                b.ins().return_(&[]);
            }
        }
    }

    /// Returns the block that returns the mark of an exception.
    pub(crate) fn exception(&self, b: &mut FunctionBuilder<'_>) -> Block {
        let block = self.exception.get().unwrap_or_else(|| {
            let block = b.create_block();
            b.set_cold_block(block);
            block
        });
        self.exception.set(Some(block));
        block
    }

    /// Emits the block that returns the mark of an exception, if something jumps there.
    pub(crate) fn emit_exception(&self, b: &mut FunctionBuilder<'_>) {
        let Some(block) = self.exception.get() else { return };
        b.seal_block(block);
        b.switch_to_block(block);
        match self.model().outcome {
            ResultPath::Returned { exception } => {
                let words = pack::words(b, self.model(), exception);
                self.return_value(b, &words);
            }
            ResultPath::Stored { exception, .. } => self.return_integer(b, exception),
            ResultPath::Info => {
                b.ins().return_(&[]);
            }
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
        let to = self.value_place(b)?;
        for (index, &word) in words.iter().take(usize::from(self.model().size / 8)).enumerate() {
            b.ins().store(UNALIGNED, word, to, index as i32 * 8);
        }
        Some(to)
    }

    fn return_integer(&self, b: &mut FunctionBuilder<'_>, integer: u64) {
        let integer = b.ins().iconst(types::I64, integer as i64);
        b.ins().return_(&[integer]);
    }
}

impl Packing for EngineCall<'_> {
    fn model(&self) -> &ValueModel {
        self.model()
    }

    fn succeed(&self, b: &mut FunctionBuilder<'_>, words: &[Value]) {
        self.succeed(b, words);
    }

    fn help_with_result(&self, b: &mut FunctionBuilder<'_>, result: Value) {
        self.exit_with_result(b, result);
    }

    fn make(&self, b: &mut FunctionBuilder<'_>, raw: Value) -> bool {
        let value = self.make_value(b, (raw, 0));
        if let Some(value) = &value {
            self.succeed(b, value);
        }
        value.is_some()
    }
}
