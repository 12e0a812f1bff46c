//! A call by an engine, while its code is emitted.

use cranelift_codegen::ir::{self, AbiParam, Block, BlockArg, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::arch::operands::CELL_CONTEXT;
use crate::c::form::Form;
use crate::codegen::arrival::{Arrival, Arrived, StackPlace};
use crate::codegen::blocks::{go_on_if, next_block};
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::frame::{self, Kept};
use crate::codegen::words::CallWords;
use crate::convention::canonical;
use crate::convention::plan::{Plan, Return};
use crate::convention::spare::Spare;
use crate::engine::call::{EngineHelpers, NativeCall};
use crate::engine::values::model::{ResultPath, Role, ValueModel};
use crate::entry::engine_values::bytes::BytesCall;
use crate::entry::engine_values::key::EngineValuesKey;
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
    /// The call of the engine's function that makes the result's value, if the result is bytes.
    pub(crate) bytes: Option<BytesCall<'a>>,
    /// The function that makes the calls that this code does not handle.
    pub(crate) interpret: *const u8,
}

impl<'a> EngineValuesBody<'a> {
    /// Describes the function. `interpret` is the address of the interpreter.
    pub(crate) fn of(key: &'a EngineValuesKey, interpret: *const u8) -> Result<Self, JitError> {
        let EngineValuesKey { engine, abi, .. } = key;
        let model = engine.model();
        let plan = canonical::incoming(&model.native, abi.plan(&model.native)?);
        let spare = (!model.passes_data()).then(|| Spare::of(abi.convention(), &plan));
        let arrival = match spare {
            None => Arrival::of(*abi, &plan)?,
            Some(place) => Arrival::behind_stub(*abi, &plan, place)?,
        };
        let call = CallWords::of(*abi, &key.plan, UNPACKING_REGISTERS)?;
        let makes_value = matches!(key.result, Form::Bytes(_)) && key.destination.is_none();
        let bytes = model.bytes.as_ref().filter(|_| makes_value);
        let bytes = bytes.map(|function| BytesCall::of(*abi, function)).transpose()?;
        Ok(Self { key, plan, arrival, spare, call, bytes, interpret })
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
    /// Offsets of the fields of `state` that no parameter brings. They are null, and written before each call of a
    /// helper. So calls with numbers alone do not write them.
    absent: Vec<usize>,
    pub(crate) argc: Value,
    /// The first argument, valid until a helper is called.
    pub(crate) argv: Value,
    pub(crate) kept_argv: Option<Kept>,
    /// The address for the value, if it is not returned.
    pub(crate) value_to: Option<Kept>,
    /// Leaves the call to the interpreter. It passes the number of parameters as the number of arguments, because
    /// further arguments are ignored.
    pub(crate) slow: Block,
    /// Leaves the call to the interpreter, with the number of arguments.
    pub(crate) interpret: Block,
    /// Returns a value, which it gets in words.
    pub(crate) success: Block,
    /// Returns the mark of an exception.
    pub(crate) exception: Block,
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
        let mut absent = Vec::new();
        for (value, offset) in [(context, NativeCall::CONTEXT), (exception, NativeCall::EXCEPTION)] {
            match value {
                Some(value) => store(b, value, offset),
                None => absent.push(offset),
            }
        }
        if key.pins_by_helper() {
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
        let kept_argv = key.is_buffered().then(|| Kept::store(b, argv));
        let value_to = match (model.outcome, &plan.ret) {
            (ResultPath::Stored { index, .. }, _) => Some(b.ins().iadd_imm_s(array, at(index))),
            (ResultPath::Returned { .. }, Return::Hidden { pointer, .. }) => Some(words.word(*pointer)),
            (ResultPath::Returned { .. }, Return::Pass(_)) => None,
        };
        let value_to = value_to.map(|address| Kept::store(b, address));
        let [slow, interpret, success, exception] = std::array::from_fn(|_| b.create_block());
        for _ in 0..model.size / 8 {
            b.append_block_param(success, types::I64);
        }
        b.append_block_param(interpret, types::I64);
        [slow, interpret, exception].into_iter().for_each(|block| b.set_cold_block(block));
        Self {
            native,
            record,
            record_place,
            state,
            absent,
            argc,
            argv,
            kept_argv,
            value_to,
            slow,
            interpret,
            success,
            exception,
        }
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

    pub(crate) fn argv_after_helpers(&self, b: &mut FunctionBuilder<'_>) -> Value {
        self.kept_argv.as_ref().map_or(self.argv, |argv| argv.load(b))
    }

    /// Returns the record after something was called.
    pub(crate) fn record_after_call(&self, b: &mut FunctionBuilder<'_>) -> Value {
        match self.record_place {
            Some(place) => place.load(b),
            None => self.load_state(b, NativeCall::RECORD),
        }
    }

    pub(crate) fn load_state(&self, b: &mut FunctionBuilder<'_>, offset: usize) -> Value {
        b.ins().stack_load(types::I64, types::I64, self.state, offset as i32)
    }

    /// Returns the offset of an argument's value from the first one.
    pub(crate) fn at(&self, arg: usize) -> i32 {
        arg as i32 * i32::from(self.model().size)
    }

    /// Calls a helper with the call and `args`. Returns its `bool`, which is undefined for helpers that return nothing.
    pub(crate) fn help(&self, b: &mut FunctionBuilder<'_>, helper: *const u8, args: &[Value]) -> Value {
        let mut signature = ir::Signature::new(self.native.arrival.call_conv);
        signature.params.resize(args.len() + 1, AbiParam::new(types::I64));
        signature.returns.push(AbiParam::new(types::I8));
        let signature = b.import_signature(signature);
        let helper = b.ins().iconst(types::I64, helper as i64);
        if let Some(place) = self.record_place {
            let record = place.load(b);
            b.ins().stack_store(types::I64, record, self.state, NativeCall::RECORD as i32);
        }
        for &offset in &self.absent {
            let null = b.ins().iconst(types::I64, 0);
            b.ins().stack_store(types::I64, null, self.state, offset as i32);
        }
        let state = frame::address(b, self.state, 0);
        let args: Vec<_> = [state].iter().chain(args).copied().collect();
        let call = b.ins().call_indirect(signature, helper, &args);
        b.inst_results(call)[0]
    }

    /// Makes the helper convert the result at this address to a value.
    pub(crate) fn help_with_result(&self, b: &mut FunctionBuilder<'_>, result: Value) {
        let value = frame::reserve(b, 16);
        let to = frame::address(b, value, 0);
        let made = self.help(b, self.helpers().result as *const u8, &[result, to]);
        self.succeed_if(b, made, value);
    }

    /// Returns the value in this memory, if it was made.
    pub(crate) fn succeed_if(&self, b: &mut FunctionBuilder<'_>, made: Value, value: StackSlot) {
        let next = next_block(b);
        b.ins().brif(made, next, &[], self.exception, &[]);
        b.seal_block(next);
        b.switch_to_block(next);
        let words: Vec<_> = (0..self.model().size / 8)
            .map(|word| b.ins().stack_load(types::I64, types::I64, value, i32::from(word) * 8))
            .collect();
        self.succeed(b, &words);
    }

    pub(crate) fn succeed(&self, b: &mut FunctionBuilder<'_>, words: &[Value]) {
        let words: Vec<_> = words.iter().copied().map(BlockArg::from).collect();
        b.ins().jump(self.success, &words);
    }
}
