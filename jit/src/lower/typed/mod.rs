//! The `typed` entry: a native function that gets its arguments in registers, checks them, and calls C.
//!
//! Where the arguments only have to be checked and moved, the code jumps to C ([`tail`]). All else is compiled here: what
//! [`objects`] reads of handles, structs, results that have to be widened.
//!
//! The code is a template. Each symbol has a copy of it, with the addresses of its record and of its realm's cell in place of
//! [holes](Hole).

mod objects;
pub(crate) mod tail;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, AbiParam, Block, BlockArg, ExternalName, GlobalValueData, InstBuilder, MemFlagsData, Value, types,
};
use cranelift_frontend::FunctionBuilder;

use super::arrival::{Arrival, Words};
use super::blocks::next_block;
use super::bytes::{self, UNALIGNED};
use super::call::{self, Source, extend};
use super::frame::{self, Kept};
use super::numbers;
use super::signature::{Outgoing, call_conv};
use crate::abi::Abi;
use crate::compile::Hole;
use crate::error::JitError;
use crate::plan::{Piece, Plan, Return};
use crate::shape::{CallbackPlan, TypedParam, TypedPlan, ValuesResult};
use crate::typed::{Exit, Narrowing, Needs, Role, TypedModel};
use crate::types::{Scalar, Type};
use crate::values::{Pending, RecordHead};

/// The integer registers that arguments take on their way: one for the function's address.
pub(crate) const BUSY: usize = 1;

/// A native function in Cranelift's terms.
pub(crate) struct Native<'a> {
    /// C's convention, which is that of helpers too.
    abi: Abi,
    model: &'a TypedModel,
    /// For handles that machine code cannot read.
    needs: &'a Needs,
    /// The C function.
    typed: &'a TypedPlan,
    /// The call that arrives.
    plan: Plan,
    pub(crate) arrival: Arrival,
}

impl<'a> Native<'a> {
    /// The needs stay where they are as long as the code.
    pub(crate) fn of(
        abi: Abi,
        typed: &'a TypedPlan,
        model: &'a TypedModel,
        needs: &'a Needs,
    ) -> Result<Self, JitError> {
        let CallbackPlan { plan, .. } = CallbackPlan::of(&model.native, model.abi.plan(&model.native)?);
        let arrival = Arrival::of(model.abi, &plan);
        Ok(Self { abi, model, needs, typed, plan, arrival })
    }

    /// The place of a parameter that is a scalar.
    fn piece(&self, param: usize) -> &Piece {
        &self.plan.args[param].pieces()[0]
    }

    fn scalar(&self, param: usize) -> Scalar {
        scalar(&self.model.native.params()[param])
    }

    /// The arguments with the parameters that they are of.
    fn arguments(&self) -> impl Iterator<Item = (usize, Role, TypedParam)> {
        self.model.arguments().zip(&self.typed.params).map(|((param, role), &c)| (param, role, c))
    }
}

fn scalar(ty: &Type) -> Scalar {
    let Some(scalar) = ty.as_scalar() else { unreachable!("a model's parameters and results are scalars") };
    scalar
}

/// Emits the native function.
pub(crate) fn emit(b: &mut FunctionBuilder<'_>, native: &Native<'_>, outgoing: &Outgoing, shim: Option<*const u8>) {
    let words = native.arrival.enter(b);
    let exits = Exits::new(b, native);
    let exit = native.model.exit_parameter().map(|param| words.slot(b, native.piece(param)));
    let mut ready = Ready { args: Vec::new(), result: None, exit };
    for (index, (param, role, c)) in native.arguments().enumerate() {
        let arg = match (role, c) {
            (Role::Argument, TypedParam::Scalar(c)) => number(b, native, &exits, &ready, (index, param), &words, c),
            // A handle, until it is resolved.
            _ => words.slot(b, native.piece(param)),
        };
        ready.args.push(arg);
    }
    ready.result = native.model.result().map(|(param, _)| words.slot(b, native.piece(param)));
    let ready = objects::resolve(b, native, &exits, ready);
    call_c(b, native, outgoing, shim, &exits, &ready);
    exits.emit(b);
}

/// What a call needs, in registers.
#[derive(Clone)]
struct Ready {
    /// Integers and addresses as 64 bits, floats as the C type has them.
    args: Vec<Value>,
    /// The address of the memory for a struct.
    result: Option<Value>,
    /// The parameter of the exit.
    exit: Option<Value>,
}

impl Ready {
    fn values(&self) -> impl Iterator<Item = Value> {
        self.args.iter().chain(&self.result).chain(&self.exit).copied()
    }

    fn map(&self, mut f: impl FnMut(Value) -> Value) -> Self {
        let args = self.args.iter().map(|&value| f(value)).collect();
        Self { args, result: self.result.map(&mut f), exit: self.exit.map(&mut f) }
    }

    /// The parameter of the exit, or null.
    fn exit(&self, b: &mut FunctionBuilder<'_>) -> Value {
        self.exit.unwrap_or_else(|| b.ins().iconst(types::I64, 0))
    }
}

/// The address of the record.
fn record(b: &mut FunctionBuilder<'_>) -> Value {
    hole(b, Hole::Record)
}

/// An address that each copy of the code has.
fn hole(b: &mut FunctionBuilder<'_>, hole: Hole) -> Value {
    let name = b.func.declare_imported_user_function(hole.name());
    let data =
        GlobalValueData::Symbol { name: ExternalName::user(name), offset: 0.into(), colocated: false, tls: false };
    let symbol = b.create_global_value(data);
    b.ins().symbol_value(types::I64, symbol)
}

/// An argument that is no handle, checked and in the form of its C type.
fn number(
    b: &mut FunctionBuilder<'_>,
    native: &Native<'_>,
    exits: &Exits<'_>,
    ready: &Ready,
    (index, param): (usize, usize),
    words: &Words,
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

/// Refuses an integer that is too wide.
fn narrow(
    b: &mut FunctionBuilder<'_>,
    exits: &Exits<'_>,
    ready: &Ready,
    (index, word): (usize, Value),
    Narrowing { signed, unsigned, not_negative }: Narrowing,
) {
    let low = |b: &mut FunctionBuilder<'_>, bits| b.ins().ireduce(integer(bits), word);
    let extended = match (signed, unsigned) {
        (Some(bits), _) => {
            let low = low(b, bits);
            Some(b.ins().sextend(types::I64, low))
        }
        (None, Some(bits)) => {
            let low = low(b, bits);
            Some(b.ins().uextend(types::I64, low))
        }
        (None, None) => None,
    };
    if let Some(extended) = extended {
        let fits = b.ins().icmp(IntCC::Equal, extended, word);
        exits.refuse_unless(b, fits, ready, index, word);
    }
    if not_negative {
        let fits = b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, word, 0);
        exits.refuse_unless(b, fits, ready, index, word);
    }
}

const fn integer(bits: u32) -> ir::Type {
    match bits {
        8 => types::I8,
        16 => types::I16,
        _ => types::I32,
    }
}

/// Calls C with what is ready, and returns. An exception that waits then is raised, unless the caller is told by a flag or
/// looks itself.
fn call_c(
    b: &mut FunctionBuilder<'_>,
    native: &Native<'_>,
    outgoing: &Outgoing,
    shim: Option<*const u8>,
    exits: &Exits<'_>,
    ready: &Ready,
) {
    // For exceptions of callbacks.
    let exit = ready.exit.filter(|_| !native.model.caller_looks);
    if let (Exit::Flag { .. }, Some(exit)) = (native.model.exit, exit) {
        let cell = hole(b, Hole::Pending);
        b.ins().store(UNALIGNED, exit, cell, Pending::EXIT as i32);
    }
    let record = record(b);
    let target = b.ins().load(types::I64, UNALIGNED, record, RecordHead::TARGET as i32);
    let open = b.ins().icmp_imm_u(IntCC::NotEqual, target, 0);
    let zero = b.ins().iconst(types::I64, 0);
    exits.refuse_unless(b, open, ready, 0, zero);

    let plan = &native.typed.plan;
    let size = if let ValuesResult::Bytes(size) = native.typed.result { size } else { 0 };
    let memory = matches!(plan.ret, Return::Hidden { .. }).then(|| {
        // Private: what C writes before it has read all arguments must not be one of them. C may leave padding as it was, which
        // is for the caller to see.
        let memory = frame::reserve(b, size.next_multiple_of(8).max(8));
        let address = frame::address(b, memory, 0);
        bytes::zero(b, address, size.next_multiple_of(8));
        memory
    });
    let to = ready.result.map(|address| Kept::store(b, address));
    let result = memory.map(|memory| frame::address(b, memory, 0));
    let exit = exit.filter(|_| native.model.exit == Exit::Raise).map(|exit| Kept::store(b, exit));
    let mut source = Prepared { args: &ready.args, result };
    let results = call::emit(b, plan, outgoing, &mut source, target, shim);

    let native_result = native.model.native.result().map(scalar);
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
    if native.model.exit == Exit::Raise && !native.model.caller_looks {
        let exit = exit.map(|exit| exit.load(b));
        raise_pending(b, exits, exit);
    }
    b.ins().return_(returned.as_slice());
}

/// Raises an exception that a callback left.
fn raise_pending(b: &mut FunctionBuilder<'_>, exits: &Exits<'_>, exit: Option<Value>) {
    let cell = hole(b, Hole::Pending);
    let pending = b.ins().load(types::I32, UNALIGNED, cell, Pending::EXCEPTION as i32);
    let none = b.ins().icmp_imm_u(IntCC::Equal, pending, 0);
    let zero = b.ins().iconst(types::I64, 0);
    exits.refuse_unless(b, none, &Ready { args: Vec::new(), result: None, exit }, 0, zero);
}

/// A scalar result as the native function returns it.
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
        // No register in particular.
        u8::MAX
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        let value = self.args[arg];
        match (b.func.dfg.value_type(value), ty) {
            (types::I64, types::I64) => extend(b, value, piece),
            (from, to) if from == to => value,
            // A float that lies on the stack, or a word that travels there through a float register.
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
        let Some(result) = self.result else { unreachable!("what is returned in memory has bytes") };
        result
    }
}

/// The ways out of a call that is refused.
struct Exits<'a> {
    native: &'a Native<'a>,
    /// Gets the parameter of the exit, and for [`Exit::Raise`] the index of the argument and its bits.
    refuse: Block,
    /// Returns zeros.
    leave: Block,
}

impl<'a> Exits<'a> {
    fn new(b: &mut FunctionBuilder<'_>, native: &'a Native<'a>) -> Self {
        let [refuse, leave] = std::array::from_fn(|_| b.create_block());
        let params = if native.model.exit == Exit::Raise { 3 } else { 1 };
        for _ in 0..params {
            b.append_block_param(refuse, types::I64);
        }
        [refuse, leave].into_iter().for_each(|block| b.set_cold_block(block));
        Self { native, refuse, leave }
    }

    /// Goes on if `condition` holds, else refuses the argument with these bits.
    fn refuse_unless(&self, b: &mut FunctionBuilder<'_>, condition: Value, ready: &Ready, index: usize, bits: Value) {
        let mut args = vec![BlockArg::from(ready.exit(b))];
        if self.native.model.exit == Exit::Raise {
            let index = b.ins().iconst(types::I64, index as i64);
            args.extend([index, bits].map(BlockArg::from));
        }
        let next = next_block(b);
        b.ins().brif(condition, next, &[], self.refuse, &args);
        b.seal_block(next);
        b.switch_to_block(next);
    }

    /// Goes on if `condition` holds. What was found wrong has been raised, if that is what is done here.
    fn leave_unless(&self, b: &mut FunctionBuilder<'_>, condition: Value, ready: &Ready) {
        let next = next_block(b);
        match self.native.model.exit {
            Exit::Raise => b.ins().brif(condition, next, &[], self.leave, &[]),
            Exit::Flag { .. } => {
                let exit = ready.exit(b);
                b.ins().brif(condition, next, &[], self.refuse, &[BlockArg::from(exit)])
            }
        };
        b.seal_block(next);
        b.switch_to_block(next);
    }

    /// The blocks that leave the function.
    fn emit(&self, b: &mut FunctionBuilder<'_>) {
        b.seal_block(self.refuse);
        b.switch_to_block(self.refuse);
        let params = b.block_params(self.refuse).to_vec();
        match (self.native.model.exit, &params[..]) {
            (Exit::Flag { offset }, &[exit]) => {
                let flag = b.ins().iconst(types::I8, 1);
                let at = b.ins().iadd_imm_u(exit, i64::from(offset));
                b.ins().store(UNALIGNED, flag, at, 0);
            }
            (_, &[exit, index, bits]) => {
                let mut signature = ir::Signature::new(call_conv(self.native.abi));
                signature.params.resize(4, AbiParam::new(types::I64));
                let signature = b.import_signature(signature);
                let raise = b.ins().iconst(types::I64, self.native.needs.helpers.raise as *const () as i64);
                let record = record(b);
                b.ins().call_indirect(signature, raise, &[record, exit, index, bits]);
            }
            _ => unreachable!("these are the block's parameters"),
        }
        b.ins().jump(self.leave, &[]);

        b.seal_block(self.leave);
        b.switch_to_block(self.leave);
        let returns = b.func.signature.returns.clone();
        let zero = |b: &mut FunctionBuilder<'_>, param: &AbiParam| match param.value_type {
            types::F32 => b.ins().f32const(0.0),
            types::F64 => b.ins().f64const(0.0),
            ty => b.ins().iconst(ty, 0),
        };
        let zeros: Vec<_> = returns.iter().map(|param| zero(b, param)).collect();
        b.ins().return_(&zeros);
    }
}
