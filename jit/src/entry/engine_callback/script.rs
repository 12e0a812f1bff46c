//! The call of script: the engine's call function with the values, and its answer.

use cranelift_codegen::ir::{self, AbiParam, Block, InstBuilder, MemFlagsData, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::blocks::next_block;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::call::{self, Source, extend};
use crate::codegen::frame::{self, Kept};
use crate::codegen::test::test;
use crate::codegen::words::{CallWords, call_conv};
use crate::convention::plan::{Piece, Return};
use crate::engine::callback::EngineCallbackRecord;
use crate::engine::values::model::{CallFunction, CallOutcome, CallRole};
use crate::entry::engine_callback::key::EngineCallbackKey;

/// Calls a helper. Returns its `bool`, which is undefined for helpers that return nothing.
pub(crate) fn help(b: &mut FunctionBuilder<'_>, key: &EngineCallbackKey, helper: *const u8, args: &[Value]) -> Value {
    let mut signature = ir::Signature::new(call_conv(key.callback.abi));
    signature.params.resize(args.len(), AbiParam::new(types::I64));
    signature.returns.push(AbiParam::new(types::I8));
    let signature = b.import_signature(signature);
    let helper = b.ins().iconst(types::I64, helper as i64);
    let call = b.ins().call_indirect(signature, helper, args);
    b.inst_results(call)[0]
}

/// Reserves memory for a value, and fills it with zeros.
fn no_value(b: &mut FunctionBuilder<'_>) -> StackSlot {
    let memory = frame::reserve(b, 16);
    let zero = b.ins().iconst(types::I64, 0);
    for at in [0, 8] {
        b.ins().stack_store(types::I64, zero, memory, at);
    }
    memory
}

/// The memory of the answer.
pub(crate) struct Answer {
    /// The value that script has returned.
    pub(crate) value: StackSlot,
    /// The integer that the call function has returned, if that does not return the value.
    status: Option<StackSlot>,
    exception: Option<StackSlot>,
}

impl Answer {
    pub(crate) fn reserve(b: &mut FunctionBuilder<'_>, call: &CallFunction) -> Self {
        let value = frame::reserve(b, 16);
        let status = matches!(call.outcome, CallOutcome::Stored { .. }).then(|| frame::reserve(b, 8));
        let exception = call.has(CallRole::Exception).then(|| no_value(b));
        Self { value, status, exception }
    }

    /// Stores the words that the call function returned.
    pub(crate) fn store(&self, b: &mut FunctionBuilder<'_>, ret: &Return, words: &[Value]) {
        let Return::Pass(arg) = ret else { return };
        let memory = self.status.unwrap_or(self.value);
        match arg.pieces() {
            [piece] if !arg.aggregate => {
                let word = extend(b, words[0], piece);
                b.ins().stack_store(types::I64, word, memory, 0);
            }
            pieces => {
                let base = frame::address(b, memory, 0);
                call::store_pieces(b, pieces, words, base);
            }
        }
    }

    /// Returns true if the returned words are the value, from its first byte on.
    pub(crate) fn is_in_registers(&self, ret: &Return) -> bool {
        let Return::Pass(arg) = ret else { return false };
        let is_word = |(index, piece): (usize, &Piece)| {
            piece.offset as usize == index * 8 && piece.len == 8 && !piece.loc.is_float()
        };
        self.status.is_none() && arg.pieces().iter().enumerate().all(is_word)
    }

    /// Returns true if the call function tells an exception by the value that it returns. Such a value does not
    /// have a class of the model, so the classes are tested first.
    pub(crate) const fn is_told_by_value(&self) -> bool {
        self.status.is_none()
    }

    /// Continues unless script has thrown. Otherwise keeps the exception, and continues in `zeros`.
    pub(crate) fn check_thrown(
        &self,
        b: &mut FunctionBuilder<'_>,
        key: &EngineCallbackKey,
        call: &CallFunction,
        record: &Kept,
        zeros: Block,
    ) {
        let answer = frame::address(b, self.status.unwrap_or(self.value), 0);
        let is_thrown = test(b, answer, 0, call.thrown());
        let (thrown, next) = (b.create_block(), next_block(b));
        b.ins().brif(is_thrown, thrown, &[], next, &[]);
        b.seal_block(thrown);
        b.seal_block(next);
        b.set_cold_block(thrown);
        b.switch_to_block(thrown);
        let record = record.load(b);
        let exception = self.exception.unwrap_or_else(|| no_value(b));
        let exception = frame::address(b, exception, 0);
        help(b, key, key.helpers.thrown as *const u8, &[record, exception]);
        b.ins().jump(zeros, &[]);
        b.switch_to_block(next);
    }
}

/// The parameters of the call function.
pub(crate) struct Parameters<'a> {
    pub(crate) call: &'a CallFunction,
    /// The address of the record.
    pub(crate) record: Value,
    pub(crate) argc: usize,
    pub(crate) argv: StackSlot,
    pub(crate) answer: &'a Answer,
}

impl Parameters<'_> {
    /// Calls the function, and returns the words of its result.
    pub(crate) fn call(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        key: &EngineCallbackKey,
        words: &CallWords,
        shim: Option<*const u8>,
    ) -> Vec<Value> {
        let target = b.ins().load(types::I64, UNALIGNED, self.record, EngineCallbackRecord::CALL as i32);
        call::emit(b, &key.call_plan, words, self, target, shim)
    }

    /// Returns the offset of a value in the record.
    fn offset(role: CallRole) -> i32 {
        let offset = match role {
            CallRole::Context => EngineCallbackRecord::CONTEXT,
            CallRole::Callee => EngineCallbackRecord::CALLEE,
            CallRole::This => EngineCallbackRecord::THIS,
            CallRole::Argc | CallRole::Argv | CallRole::Result | CallRole::Exception => {
                unreachable!("the record does not hold this parameter")
            }
        };
        offset as i32
    }
}

impl Source for Parameters<'_> {
    fn base_register(&self) -> u8 {
        // No particular register holds the record.
        u8::MAX
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        let role = self.call.roles[arg];
        let word = match role {
            CallRole::Context | CallRole::Callee | CallRole::This => {
                b.ins().load(types::I64, UNALIGNED, self.record, Self::offset(role))
            }
            CallRole::Argc => b.ins().iconst(types::I64, self.argc as i64),
            CallRole::Argv => frame::address(b, self.argv, 0),
            CallRole::Result => frame::address(b, self.answer.value, 0),
            CallRole::Exception => {
                let exception = self.answer.exception;
                let Some(exception) = exception else { unreachable!("the answer has memory for this role") };
                frame::address(b, exception, 0)
            }
        };
        let word = extend(b, word, piece);
        // Some of the words for the stack go through float registers.
        if ty == types::I64 { word } else { b.ins().bitcast(ty, MemFlagsData::new(), word) }
    }

    fn address(&mut self, b: &mut FunctionBuilder<'_>, arg: usize) -> Value {
        b.ins().iadd_imm_s(self.record, i64::from(Self::offset(self.call.roles[arg])))
    }

    fn result_pointer(&mut self, b: &mut FunctionBuilder<'_>) -> Value {
        frame::address(b, self.answer.value, 0)
    }
}
