//! A native function that gets its arguments in registers, checks them, and calls C.
//!
//! If the arguments only have to be checked and moved, the code jumps to C ([`moves`](crate::entry::fast_call::moves)).
//! All other functions are compiled here: those with handles that [`objects`] reads, with structs, or with results that
//! must be widened.
//!
//! The code is a template. Each symbol has a copy of it, with the addresses of its record and of its realm's cell in
//! the [holes](Hole).

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, BlockArg, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::form::Form;
use crate::c::narrowing::Narrowing;
use crate::c::scalar::Scalar;
use crate::codegen::arrival::Arrived;
use crate::codegen::body::Body;
use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::call::{self, Source, extend};
use crate::codegen::frame::{self, Kept};
use crate::codegen::numbers;
use crate::codegen::words::{CallWords, call_conv};
use crate::convention::plan::{Piece, Return};
use crate::engine::fast_call::model::{Exit, FastCallRole};
use crate::engine::hole::Hole;
use crate::engine::record::{Pending, RecordHead};
use crate::entry::fast_call::call::{Exits, FastCallBody, Ready, hole, narrow, record, scalar};
use crate::entry::fast_call::objects;

impl Body for FastCallBody<'_> {
    fn signature(&self) -> ir::Signature {
        self.arrival.signature()
    }

    fn call(&self) -> Option<&CallWords> {
        Some(&self.call)
    }

    fn emit(&self, b: &mut FunctionBuilder<'_>, shim: Option<*const u8>) {
        let words = self.arrival.enter(b);
        let exits = Exits::new(b, self);
        let exit = self.key.model.exit_parameter().map(|param| words.slot(b, self.piece(param)));
        let mut ready = Ready { args: Vec::new(), result: None, exit };
        for (index, (param, role, c)) in self.arguments().enumerate() {
            let arg = match (role, c) {
                (FastCallRole::Argument, Form::Scalar(c)) => number(b, self, &exits, &ready, (index, param), &words, c),
                // A handle, until it is resolved.
                _ => words.slot(b, self.piece(param)),
            };
            ready.args.push(arg);
        }
        ready.result = self.key.model.result().map(|(param, _)| words.slot(b, self.piece(param)));
        let ready = objects::resolve(b, self, &exits, ready);
        call_c(b, self, shim, &exits, &ready);
        exits.emit(b);
    }
}

/// Checks an argument that is not a handle, and returns it in the form of its C type.
fn number(
    b: &mut FunctionBuilder<'_>,
    native: &FastCallBody<'_>,
    exits: &Exits<'_>,
    ready: &Ready,
    (index, param): (usize, usize),
    words: &Arrived,
    c: Scalar,
) -> Value {
    let (piece, from) = (native.piece(param), native.scalar(param));
    match (from, c) {
        (Scalar::F64, Scalar::F64) => return words.float(b, piece, types::F64),
        (Scalar::F32, Scalar::F32) => return words.float(b, piece, types::F32),
        (Scalar::F64, Scalar::F32) => {
            let double = words.float(b, piece, types::F64);
            return numbers::demote(b, double);
        }
        (Scalar::F32, Scalar::F64) => {
            let single = words.float(b, piece, types::F32);
            return numbers::promote(b, single);
        }
        (Scalar::F64, c) => {
            let double = words.float(b, piece, types::F64);
            let bits = b.ins().bitcast(types::I64, MemFlagsData::new(), double);
            let (whole, fits) = if matches!(c, Scalar::U64 | Scalar::Usize) {
                numbers::whole_u64(b, double, bits)
            } else {
                numbers::whole(b, double, bits, c)
            };
            exits.refuse_unless(b, fits, ready, index, bits);
            return whole;
        }
        _ => {}
    }
    let word = words.slot(b, piece);
    if let Some(narrowing) = Narrowing::between(from, c).filter(|_| from != Scalar::Bool) {
        narrow(b, exits, ready, (index, word), narrowing);
    }
    word
}

/// Calls C with the ready arguments, and returns. An exception that waits then is raised, unless a flag informs the
/// caller or the caller checks for exceptions itself.
fn call_c(
    b: &mut FunctionBuilder<'_>,
    native: &FastCallBody<'_>,
    shim: Option<*const u8>,
    exits: &Exits<'_>,
    ready: &Ready,
) {
    // Callbacks set the exit's flag for their exceptions.
    let exit = ready.exit.filter(|_| !native.key.model.caller_looks);
    if let (Exit::Flag { .. }, Some(exit)) = (native.key.model.exit, exit) {
        let cell = hole(b, Hole::Pending);
        b.ins().store(UNALIGNED, exit, cell, Pending::EXIT as i32);
    }
    let record = record(b);
    let target = b.ins().load(types::I64, UNALIGNED, record, RecordHead::TARGET as i32);
    let open = b.ins().icmp_imm_u(IntCC::NotEqual, target, 0);
    let zero = b.ins().iconst(types::I64, 0);
    exits.refuse_unless(b, open, ready, 0, zero);

    let plan = &native.key.plan;
    let size = native.key.result.bytes();
    let memory = matches!(plan.ret, Return::Hidden { .. }).then(|| {
        // Private memory, because C may write the result before it has read all arguments, so it must not overlap them.
        // C may leave padding unchanged, and the caller can see it.
        let memory = frame::reserve(b, size.next_multiple_of(8).max(8));
        let address = frame::address(b, memory, 0);
        bytes::zero(b, address, size.next_multiple_of(8));
        memory
    });
    let to = ready.result.map(|address| Kept::store(b, address));
    let result = memory.map(|memory| frame::address(b, memory, 0));
    let exit = exit.filter(|_| native.key.model.exit == Exit::Raise).map(|exit| Kept::store(b, exit));
    let mut source = Prepared { args: &ready.args, result };
    let results = call::emit(b, plan, &native.call, &mut source, target, shim);

    let native_result = native.key.model.native.result().map(scalar);
    let mut returned = None;
    match (&plan.ret, to, native_result) {
        (Return::Hidden { .. }, Some(to), _) => {
            if let Some(memory) = memory {
                let (from, to) = (frame::address(b, memory, 0), to.load(b));
                bytes::copy_exactly(b, from, to, size);
            }
        }
        (Return::Pass(arg), Some(to), _) => {
            let to = to.load(b);
            call::store_pieces(b, arg.pieces(), &results, to);
        }
        (Return::Pass(arg), None, Some(native)) => returned = Some(widen(b, &arg.pieces()[0], results[0], native)),
        _ => {}
    }
    if native.key.takes_text() {
        returned = release_texts(b, native, returned);
    }
    if native.key.model.exit == Exit::Raise && !native.key.model.caller_looks {
        let exit = exit.map(|exit| exit.load(b));
        raise_pending(b, exits, exit);
    }
    b.ins().return_(returned.as_slice());
}

/// Releases the strings that were copied for the call, while its result waits.
fn release_texts(b: &mut FunctionBuilder<'_>, native: &FastCallBody<'_>, result: Option<Value>) -> Option<Value> {
    let cell = hole(b, Hole::Pending);
    let texts = b.ins().load(types::I32, UNALIGNED, cell, Pending::TEXTS as i32);
    let [release, done] = std::array::from_fn(|_| b.create_block());
    let param = result.map(|result| b.append_block_param(done, b.func.dfg.value_type(result)));
    let arg: Vec<_> = result.into_iter().map(BlockArg::from).collect();
    b.ins().brif(texts, release, &[], done, &arg);
    b.seal_block(release);
    b.set_cold_block(release);
    b.switch_to_block(release);
    let kept = result.map(|result| Kept::store(b, result));
    let mut signature = ir::Signature::new(call_conv(native.key.abi));
    signature.params.push(AbiParam::new(types::I64));
    let signature = b.import_signature(signature);
    let helper = b.ins().iconst(types::I64, native.needs.helpers.release as *const () as i64);
    let record = record(b);
    b.ins().call_indirect(signature, helper, &[record]);
    let ty = param.map(|param| b.func.dfg.value_type(param));
    let arg: Vec<_> = kept.iter().zip(ty).map(|(kept, ty)| BlockArg::from(kept.load_as(b, ty))).collect();
    b.ins().jump(done, &arg);
    b.seal_block(done);
    b.switch_to_block(done);
    param
}

/// Raises an exception that a callback left.
fn raise_pending(b: &mut FunctionBuilder<'_>, exits: &Exits<'_>, exit: Option<Value>) {
    let cell = hole(b, Hole::Pending);
    let pending = b.ins().load(types::I32, UNALIGNED, cell, Pending::EXCEPTION as i32);
    let none = b.ins().icmp_imm_u(IntCC::Equal, pending, 0);
    let zero = b.ins().iconst(types::I64, 0);
    exits.refuse_unless(b, none, &Ready { args: Vec::new(), result: None, exit }, 0, zero);
}

/// Converts a scalar result to the type that the native function returns.
fn widen(b: &mut FunctionBuilder<'_>, piece: &Piece, word: Value, native: Scalar) -> Value {
    match (b.func.dfg.value_type(word), native) {
        (types::F32, Scalar::F64) => numbers::promote(b, word),
        (types::F32 | types::F64, _) => word,
        _ => extend(b, word, piece),
    }
}

/// Arguments that were checked before.
struct Prepared<'a> {
    args: &'a [Value],
    result: Option<Value>,
}

impl Source for Prepared<'_> {
    fn base_register(&self) -> u8 {
        // No particular register holds the arguments.
        u8::MAX
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        let value = self.args[arg];
        match (b.func.dfg.value_type(value), ty) {
            (types::I64, types::I64) => extend(b, value, piece),
            (from, to) if from == to => value,
            // A float that lies on the stack, or a word that goes to the stack through a float register.
            (types::F32, types::I64) => bytes::float_slot(b, value),
            (types::I64, types::F32) => {
                let low = b.ins().ireduce(types::I32, value);
                b.ins().bitcast(types::F32, MemFlagsData::new(), low)
            }
            (_, to) => b.ins().bitcast(to, MemFlagsData::new(), value),
        }
    }

    fn address(&mut self, _: &mut FunctionBuilder<'_>, arg: usize) -> Value {
        self.args[arg]
    }

    fn result_pointer(&mut self, _: &mut FunctionBuilder<'_>) -> Value {
        let Some(result) = self.result else { unreachable!("a result in memory has bytes") };
        result
    }
}
