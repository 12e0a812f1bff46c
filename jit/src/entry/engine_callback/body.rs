//! Thunks that call script: C's arguments become the engine's values, and script's result becomes C's.
//!
//! This code calls the stub's handler with slots, as an ordinary thunk does, unless three conditions hold:
//!
//! * The stub has a record, and was not retired.
//! * This thread owns the callback, which is open. Then this thread alone uses the rest of the record.
//! * No exception waits.
//!
//! If they hold, the code counts the call in the record, packs the arguments to values, and calls the engine's call
//! function. Numbers, booleans and null are packed and unpacked here ([`pack`](crate::entry::engine_values::pack),
//! [`unpack`]). Helpers do the rest.
//!
//! Values that are needed after a call wait in the frame, as they do in other entries. Usually nothing is called before
//! script. Then slots are filled for the handler alone. They are filled first if a helper may have to make a value, if only
//! a function can tell the thread's number, and if there are many arguments.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, Block, BlockArg, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::arch::operands::{CELL_CONTEXT, CELL_HANDLER};
use crate::c::form::Form;
use crate::c::scalar::Scalar;
use crate::codegen::arrival::Arrival;
use crate::codegen::bits::Bits;
use crate::codegen::blocks::go_on_if;
use crate::codegen::body::{Body, Compile};
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::frame::{self, Kept};
use crate::codegen::test::holds;
use crate::codegen::thread_variable::Distance;
use crate::codegen::words::CallWords;
use crate::convention::spare::Spare;
use crate::engine::callback::EngineCallbackRecord;
use crate::engine::pins::Pins;
use crate::engine::record::Pending;
use crate::engine::values::model::CallFunction;
use crate::entry::callback::frame::store_arguments;
use crate::entry::engine_callback::arguments::{self, CArguments, PackedArguments};
use crate::entry::engine_callback::key::{EngineCallbackKey, call_function};
use crate::entry::engine_callback::result::CallbackResult;
use crate::entry::engine_callback::script::{Answer, Parameters, help};
use crate::entry::engine_values::unpack;
use crate::error::JitError;
use crate::os::thread::{self, NOBODY};

/// The number of integer registers that the call function's parameters take on their way: the record, and the address
/// of the function.
const CALLING_REGISTERS: usize = 2;

/// The largest number of arguments that wait in registers for the handler. More would need registers that the code has to
/// save.
const MAX_IN_REGISTERS: usize = 4;

/// A thunk in Cranelift's terms.
pub(crate) struct EngineCallbackBody<'a> {
    key: &'a EngineCallbackKey,
    function: &'a CallFunction,
    arrival: Arrival,
    spare: Spare,
    call: CallWords,
    /// The place of the thread's number; `None` if a function returns it.
    number: Option<Distance>,
}

impl<'a> EngineCallbackBody<'a> {
    pub(crate) fn of(key: &'a EngineCallbackKey) -> Result<Self, JitError> {
        let spare = key.callback.spare();
        let arrival = Arrival::behind_stub(key.callback.abi, &key.callback.plan, spare)?;
        let call = CallWords::of(key.callback.abi, &key.call_plan, CALLING_REGISTERS)?;
        let number = Distance::of(thread::variable());
        Ok(Self { key, function: call_function(&key.engine)?, arrival, spare, call, number })
    }
}

impl Compile for EngineCallbackKey {
    fn body(&self) -> Result<impl Body, JitError> {
        EngineCallbackBody::of(self)
    }
}

impl Body for EngineCallbackBody<'_> {
    fn signature(&self) -> ir::Signature {
        self.arrival.signature()
    }

    fn call(&self) -> Option<&CallWords> {
        Some(&self.call)
    }

    fn emit(&self, b: &mut FunctionBuilder<'_>, shim: Option<*const u8>) {
        let plan = &self.key.callback.plan;
        let words = self.arrival.enter(b);
        let result = CallbackResult::prepare(b, self.key, &words);
        // Values stay in the registers that they came in, unless something is called before script, or they are many.
        let calls_first = self.number.is_none() || arguments::need_help(self.key);
        let fills_first = calls_first || self.key.params.len() > MAX_IN_REGISTERS;
        let slots = fills_first.then(|| store_arguments(b, &plan.args, &words));
        let cell = words.cell(b, self.spare);
        let [other, zeros, end, done] = std::array::from_fn(|_| b.create_block());
        for block in [end, done] {
            result.append_param(b, block);
        }
        for block in [other, zeros] {
            b.set_cold_block(block);
        }
        let kept_cell = calls_first.then(|| Kept::store(b, cell));
        let (first, record) = self.find_record(b, cell, other);
        let arguments = slots.map_or(CArguments::Words(&words), CArguments::Slots);
        let call = Call { body: self, first, record: &record, arguments, result: &result, zeros, end };
        call.run(b, other, shim);

        b.seal_block(zeros);
        b.switch_to_block(zeros);
        let zero = result.zero(b);
        b.ins().jump(end, &zero);

        b.seal_block(end);
        b.switch_to_block(end);
        call.leave(b, done);

        b.seal_block(other);
        b.switch_to_block(other);
        let slots = slots.unwrap_or_else(|| store_arguments(b, &plan.args, &words));
        let cell = kept_cell.map_or(cell, |cell| cell.load(b));
        let to = result.address(b);
        self.call_handler(b, cell, slots, to);
        let words = result.load(b);
        b.ins().jump(done, &words);

        b.seal_block(done);
        b.switch_to_block(done);
        let words = result.finish(b, done);
        b.ins().return_(&words);
    }
}

impl EngineCallbackBody<'_> {
    /// Continues if the stub has a record, and this thread owns it. Otherwise continues in `other`. Returns the record,
    /// and the place where it waits during calls.
    fn find_record(&self, b: &mut FunctionBuilder<'_>, cell: Value, other: Block) -> (Value, Kept) {
        let context = b.ins().load(types::I64, UNALIGNED, cell, CELL_CONTEXT);
        go_on_if(b, context, other);
        let record = b.ins().load(types::I64, UNALIGNED, context, EngineCallbackRecord::IN_CONTEXT as i32);
        go_on_if(b, record, other);
        let kept_record = Kept::store(b, record);

        let here = self.thread_number(b);
        let record = if self.number.is_some() { record } else { kept_record.load(b) };
        let owner = b.ins().load(types::I64, UNALIGNED, record, EngineCallbackRecord::THREAD as i32);
        let is_here = b.ins().icmp(IntCC::Equal, here, owner);
        go_on_if(b, is_here, other);
        (record, kept_record)
    }

    /// Loads the number of this thread, or 0 if it does not have one.
    fn thread_number(&self, b: &mut FunctionBuilder<'_>) -> Value {
        if let Some(distance) = self.number {
            return distance.load(b);
        }
        let mut signature = ir::Signature::new(self.arrival.call_conv);
        signature.returns.push(AbiParam::new(types::I64));
        let signature = b.import_signature(signature);
        let number = b.ins().iconst(types::I64, thread::assigned_number as *const u8 as i64);
        let call = b.ins().call_indirect(signature, number, &[]);
        b.inst_results(call)[0]
    }

    fn call_handler(&self, b: &mut FunctionBuilder<'_>, cell: Value, slots: StackSlot, to: Value) {
        let handler = b.ins().load(types::I64, UNALIGNED, cell, CELL_HANDLER);
        let context = b.ins().load(types::I64, UNALIGNED, cell, CELL_CONTEXT);
        let slots = frame::address(b, slots, 0);
        let mut signature = ir::Signature::new(self.arrival.call_conv);
        signature.params.extend([AbiParam::new(types::I64); 3]);
        let signature = b.import_signature(signature);
        b.ins().call_indirect(signature, handler, &[context, slots, to]);
    }
}

/// A call of script while its code is emitted.
struct Call<'a> {
    body: &'a EngineCallbackBody<'a>,
    /// The record, valid until something is called.
    first: Value,
    record: &'a Kept,
    arguments: CArguments<'a>,
    result: &'a CallbackResult<'a>,
    /// Ends the call with zeros for C.
    zeros: Block,
    /// Ends the call with a result, which the block gets.
    end: Block,
}

impl Call<'_> {
    /// Emits the call on the owner's thread. If an exception waits it continues in `other` instead.
    fn run(&self, b: &mut FunctionBuilder<'_>, other: Block, shim: Option<*const u8>) {
        let EngineCallbackBody { key, function, call, .. } = self.body;
        let record = self.first;
        let pending = b.ins().load(types::I64, UNALIGNED, record, EngineCallbackRecord::PENDING as i32);
        let waits = b.ins().load(types::I32, UNALIGNED, pending, Pending::EXCEPTION as i32);
        let next = b.create_block();
        b.ins().brif(waits, other, &[], next, &[]);
        b.seal_block(next);
        b.switch_to_block(next);
        // Script may call functions that store their own exits there.
        let exit = b.ins().load(types::I64, UNALIGNED, pending, Pending::EXIT as i32);
        let exit = Kept::store(b, exit);
        self.count(b, record, 1);

        let argc = key.params.len();
        let size = u32::from(key.engine.model().size);
        // Reserves at least one value, because memory without bytes does not have an address.
        let argv = frame::reserve(b, (argc as u32 * size).max(size));
        // Making a value may run script, if the engine throws instead.
        let base = key.engine.model().has_pin_list().then(|| enter_script(b, pending));
        let failed = if base.is_some() { b.create_block() } else { self.zeros };
        let arguments = PackedArguments { key, record: self.record, from: self.arguments, argv, failed };
        arguments.make(b);
        let answer = Answer::reserve(b, function);
        let record = if arguments::need_help(key) { self.record.load(b) } else { record };
        let words = Parameters { call: function, record, argc, argv, answer: &answer }.call(b, key, call, shim);
        let ret = &key.call_plan.ret;
        // Values do not stay in registers during a call of a helper.
        let in_registers = answer.is_in_registers(ret) && !arguments.may_need_release();
        if !in_registers {
            answer.store(b, ret, &words);
        }
        let record = self.record.load(b);
        let pending = b.ins().load(types::I64, UNALIGNED, record, EngineCallbackRecord::PENDING as i32);
        let exit = exit.load(b);
        b.ins().store(UNALIGNED, exit, pending, Pending::EXIT as i32);
        if let Some(base) = &base {
            leave_script(b, pending, base);
        }
        arguments.release(b);
        if !answer.is_told_by_value() {
            answer.check_thrown(b, key, function, self.record, self.zeros);
        }
        let bits = if in_registers {
            Bits::Words(&words)
        } else {
            Bits::Memory { base: frame::address(b, answer.value, 0), at: 0 }
        };
        let other = self.set_result(b, bits);
        b.seal_block(other);
        b.switch_to_block(other);
        if in_registers {
            answer.store(b, ret, &words);
        }
        if answer.is_told_by_value() {
            answer.check_thrown(b, key, function, self.record, self.zeros);
        }
        self.convert_result(b, answer.value);
        if let Some(base) = &base {
            self.leave_after_failure(b, failed, base);
        }
    }

    /// Emits the block for arguments that have no values.
    fn leave_after_failure(&self, b: &mut FunctionBuilder<'_>, failed: Block, base: &Kept) {
        b.seal_block(failed);
        b.set_cold_block(failed);
        b.switch_to_block(failed);
        let record = self.record.load(b);
        let pending = b.ins().load(types::I64, UNALIGNED, record, EngineCallbackRecord::PENDING as i32);
        leave_script(b, pending, base);
        b.ins().jump(self.zeros, &[]);
    }

    /// Converts the value that script has returned, if it has a class that the type accepts. Returns the block for other
    /// values.
    fn set_result(&self, b: &mut FunctionBuilder<'_>, value: Bits<'_>) -> Block {
        let model = self.body.key.engine.model();
        let other = b.create_block();
        let zero_if = match self.body.key.result {
            Form::Bytes(_) => None,
            Form::Void => Some(model.undefined.test),
            Form::Scalar(Scalar::Pointer(_)) => model.null.map(|null| null.test),
            Form::Scalar(scalar) => {
                b.set_cold_block(other);
                let value = unpack::value(b, model, value, scalar, other);
                let word = self.result.word(b, value);
                b.ins().jump(self.end, &word);
                return other;
            }
        };
        match zero_if {
            Some(class) => {
                let holds = holds(b, value, class);
                let zero = self.result.zero(b);
                b.ins().brif(holds, self.end, &zero, other, &[]);
            }
            None => {
                b.ins().jump(other, &[]);
            }
        }
        other
    }

    /// Makes the helper convert the value that script has returned.
    fn convert_result(&self, b: &mut FunctionBuilder<'_>, value: StackSlot) {
        let record = self.record.load(b);
        let value = frame::address(b, value, 0);
        let to = self.result.address(b);
        help(b, self.body.key, self.body.key.helpers.result as *const u8, &[record, value, to]);
        let words = self.result.load(b);
        b.ins().jump(self.end, &words);
    }

    /// Ends a call that was counted, and continues in `done` with the result.
    fn leave(&self, b: &mut FunctionBuilder<'_>, done: Block) {
        let words = b.block_params(self.end).to_vec();
        let args: Vec<_> = words.iter().copied().map(BlockArg::from).collect();
        let record = self.record.load(b);
        self.count(b, record, -1);
        let owner = b.ins().load(types::I64, UNALIGNED, record, EngineCallbackRecord::THREAD as i32);
        let is_closed = b.ins().icmp_imm_s(IntCC::Equal, owner, NOBODY as i64);
        let closed = b.create_block();
        b.set_cold_block(closed);
        b.ins().brif(is_closed, closed, &[], done, &args);
        b.seal_block(closed);
        b.switch_to_block(closed);
        let kept: Vec<_> = words.iter().map(|&word| (Kept::store(b, word), b.func.dfg.value_type(word))).collect();
        help(b, self.body.key, self.body.key.helpers.ended as *const u8, &[record]);
        let args: Vec<_> = kept.iter().map(|(kept, ty)| BlockArg::from(kept.load_as(b, *ty))).collect();
        b.ins().jump(done, &args);
    }

    /// Adds to the number of calls in progress.
    fn count(&self, b: &mut FunctionBuilder<'_>, record: Value, change: i64) {
        let running = b.ins().load(types::I64, UNALIGNED, record, EngineCallbackRecord::RUNNING as i32);
        let running = b.ins().iadd_imm_s(running, change);
        b.ins().store(UNALIGNED, running, record, EngineCallbackRecord::RUNNING as i32);
    }
}

/// Keeps the entries of the list of pinned objects, because the calls below may work on them. Returns the value that
/// goes back afterwards.
fn enter_script(b: &mut FunctionBuilder<'_>, pending: Value) -> Kept {
    let base = b.ins().load(types::I64, UNALIGNED, pending, (Pending::PINS + Pins::BASE) as i32);
    let next = b.ins().load(types::I64, UNALIGNED, pending, (Pending::PINS + Pins::NEXT) as i32);
    b.ins().store(UNALIGNED, next, pending, (Pending::PINS + Pins::BASE) as i32);
    Kept::store(b, base)
}

/// Divides the list of pinned objects as before.
fn leave_script(b: &mut FunctionBuilder<'_>, pending: Value, base: &Kept) {
    let base = base.load(b);
    b.ins().store(UNALIGNED, base, pending, (Pending::PINS + Pins::BASE) as i32);
}

#[cfg(test)]
mod tests {
    use std::ffi::c_void;
    use std::mem::transmute;
    use std::{ptr, thread};

    use super::*;
    use crate::c::definitions::{Signature, Type};
    use crate::code::linker::{Code, Linker};
    use crate::codegen::compiler::Compiler;
    use crate::codegen::isa::host_isa;
    use crate::convention::abi::Abi;
    use crate::debug::name::Name;
    use crate::engine::call::{EngineHelpers, Failure, NativeCall, Words};
    use crate::engine::callback::{EngineCallbackHelpers, EngineCallbackTarget};
    use crate::engine::test::Test;
    use crate::engine::values::model::{
        CallOutcome, CallRole, Double, EngineAbi, ResultPath, Role, Singleton, ValueModel,
    };

    const THROWN: u64 = 0xfffb << 48;

    /// An engine whose values are doubles.
    fn engine() -> EngineAbi {
        unsafe extern "C-unwind" fn convert(_: *mut NativeCall, _: usize, _: *const Words, _: *mut u64) -> bool {
            false
        }
        unsafe extern "C-unwind" fn result(_: *mut NativeCall, _: *const u64, _: *mut Words) -> bool {
            false
        }
        unsafe extern "C-unwind" fn ignore(_: *mut NativeCall) {}
        unsafe extern "C-unwind" fn fail(_: *mut NativeCall, _: Failure) {}
        let native = Signature::new([Type::I32, Type::POINTER], Type::U64).unwrap();
        let call = Signature::new([Type::U64, Type::I32, Type::POINTER], Type::U64).unwrap();
        let nil = 0xfffa << 48;
        let call = CallFunction::new(
            call,
            [CallRole::Callee, CallRole::Argc, CallRole::Argv],
            [nil, 0],
            CallOutcome::Returned { thrown: Test::equal(0, 8, THROWN) },
        );
        let roles = [Role::Argc, Role::Argv { first: 0 }];
        let outcome = ResultPath::Returned { exception: [THROWN, 0] };
        let double = Double::new(Test::range(0, f64::NEG_INFINITY.to_bits()), [0, 0]).nan(0x7ff8 << 48);
        let model = ValueModel::new(native, roles, outcome, Singleton::word(nil)).double(double).call(call);
        EngineAbi::new(model, EngineHelpers { convert, result, finish: ignore, take_pins: ignore, fail }).unwrap()
    }

    fn helpers() -> EngineCallbackHelpers {
        unsafe extern "C" fn argument(_: *const EngineCallbackRecord, _: usize, _: *const u64, _: *mut u8) -> bool {
            false
        }
        unsafe extern "C" fn release(_: *const EngineCallbackRecord, _: *const u8) {}
        unsafe extern "C" fn result(_: *const EngineCallbackRecord, _: *const u64, _: *mut u64) {}
        unsafe extern "C" fn thrown(_: *const EngineCallbackRecord, _: *const u64) {}
        unsafe extern "C" fn ended(_: *const EngineCallbackRecord) {}
        EngineCallbackHelpers { argument, release, result, thrown, ended }
    }

    /// Adds 1 to the number.
    unsafe extern "C" fn script(_: u64, argc: i32, argv: *const u64) -> u64 {
        assert_eq!(argc, 1);
        // SAFETY: the thunk passes an array with one value.
        (f64::from_bits(unsafe { argv.read() }) + 1.0).to_bits()
    }

    /// Subtracts 1 from the number.
    unsafe extern "C" fn handler(_: *const c_void, slots: *const u64, result: *mut u64) {
        // SAFETY: the thunk passes the slot of the argument, and that of the result.
        unsafe { result.write(slots.read().wrapping_sub(1)) };
    }

    fn compile(body: &EngineCallbackBody<'_>) -> Code {
        let isa = host_isa().unwrap();
        let compiled = Compiler::new(isa.clone()).compile(body, None).unwrap();
        Linker::new(isa).link(&Name::of("test"), &compiled, None).unwrap()
    }

    /// Threads' numbers are loaded in programs, and returned by a function in libraries.
    #[test]
    fn script_runs_on_the_thread_of_the_owner_alone_in_programs_and_in_libraries() {
        let signature = Signature::new([Type::I32], Type::I32).unwrap();
        let abi = Abi::host().unwrap();
        let plan = abi.plan(&signature).unwrap();
        let key = EngineCallbackKey::of(abi, &signature, plan, &engine(), helpers()).unwrap();
        let in_program = EngineCallbackBody::of(&key).unwrap();
        assert!(in_program.number.is_some() == cfg!(target_os = "linux"));
        let in_library = EngineCallbackBody { number: None, ..EngineCallbackBody::of(&key).unwrap() };
        let pending = Pending::default();
        let target = EngineCallbackTarget {
            pending: &raw const pending,
            context: ptr::null_mut(),
            call: script as *const c_void,
            callee: Words::default(),
            this: Words::default(),
            data: ptr::null(),
        };
        for body in [in_program, in_library] {
            let code = compile(&body);
            let record = EngineCallbackRecord::new();
            let context = [0, 0, 0, (&raw const record).expose_provenance()];
            let cell = [handler as *const c_void as usize, context.as_ptr().expose_provenance()];
            assert_eq!((CELL_HANDLER, CELL_CONTEXT), (0, 8));
            assert_eq!(body.spare, Spare::Int(1));
            let (entry, cell) = (code.entry().expose_provenance(), cell.as_ptr().expose_provenance());
            let call = move || {
                // SAFETY: the thunk's cell comes in the second integer register, and lives as long as the calls.
                unsafe {
                    let thunk: extern "C" fn(i32, usize) -> i32 =
                        transmute(ptr::with_exposed_provenance::<c_void>(entry));
                    thunk(-5, cell)
                }
            };
            assert_eq!(call(), -6, "not open yet");
            // SAFETY: the record is new, and the target lives as long as the calls.
            unsafe { record.open(&target) };
            assert_eq!(call(), -4);
            // One thread without a number, and one with another number.
            assert_eq!(thread::spawn(call).join().unwrap(), -6);
            let numbered = thread::spawn(move || (crate::os::thread::number(), call()).1);
            assert_eq!(numbered.join().unwrap(), -6);
            pending.set(true);
            assert_eq!(call(), -6, "an exception waits");
            pending.set(false);
            assert_eq!(call(), -4);
            // SAFETY: the record is open on this thread.
            unsafe { record.close() };
            assert_eq!(call(), -6);
        }
    }
}
