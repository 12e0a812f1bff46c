//! The parts of a fast call while its code is emitted.

use cranelift_codegen::ir::{
    self, AbiParam, Block, BlockArg, ExternalName, GlobalValueData, InstBuilder, UserExternalName, Value, types,
};
use cranelift_frontend::FunctionBuilder;

use crate::c::definitions::Type;
use crate::c::form::Form;
use crate::c::narrowing::Narrowing;
use crate::c::scalar::Scalar;
use crate::codegen::arrival::Arrival;
use crate::codegen::blocks::next_block;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::numbers;
use crate::codegen::words::{CallWords, call_conv};
use crate::convention::canonical;
use crate::convention::plan::{Piece, Plan};
use crate::engine::fast_call::model::{Exit, FastCallModel, FastCallRole};
use crate::engine::hole::Hole;
use crate::entry::fast_call::key::FastCallKey;
use crate::entry::fast_call::needs::Needs;
use crate::error::JitError;

/// The number of integer registers that moving arguments takes: one for the function's address.
const MOVING_REGISTERS: usize = 1;

/// A native function in Cranelift's terms.
pub(crate) struct FastCallBody<'a> {
    pub(crate) key: &'a FastCallKey,
    /// The data for handles that machine code cannot read.
    pub(crate) needs: &'a Needs,
    /// The plan of the engine's call.
    pub(crate) plan: Plan,
    pub(crate) arrival: Arrival,
    pub(crate) call: CallWords,
}

impl<'a> FastCallBody<'a> {
    /// Describes the function. `needs` must not move as long as the code exists.
    pub(crate) fn of(key: &'a FastCallKey, needs: &'a Needs) -> Result<Self, JitError> {
        let FastCallModel { abi, native, .. } = &key.model;
        let plan = canonical::incoming(native, abi.plan(native)?);
        let arrival = Arrival::of(*abi, &plan)?;
        let call = CallWords::of(key.abi, &key.plan, MOVING_REGISTERS)?;
        Ok(Self { key, needs, plan, arrival, call })
    }

    /// Returns the piece of a parameter that is a scalar.
    pub(crate) fn piece(&self, param: usize) -> &Piece {
        &self.plan.args[param].pieces()[0]
    }

    pub(crate) fn scalar(&self, param: usize) -> Scalar {
        scalar(&self.key.model.native.params()[param])
    }

    /// Returns the arguments with their parameters.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = (usize, FastCallRole, Form)> {
        self.key.model.arguments().zip(&self.key.params).map(|((param, role), &c)| (param, role, c))
    }
}

pub(crate) fn scalar(ty: &Type) -> Scalar {
    let Some(scalar) = ty.as_scalar() else { unreachable!("a model's parameters and results are scalars") };
    scalar
}

/// The arguments of a call, in registers.
#[derive(Clone)]
pub(crate) struct Ready {
    /// The arguments: integers and addresses as 64 bits, floats in the C type.
    pub(crate) args: Vec<Value>,
    /// The address of the memory for a struct.
    pub(crate) result: Option<Value>,
    /// The exit's parameter.
    pub(crate) exit: Option<Value>,
}

impl Ready {
    pub(crate) fn values(&self) -> impl Iterator<Item = Value> {
        self.args.iter().chain(&self.result).chain(&self.exit).copied()
    }

    pub(crate) fn map(&self, mut f: impl FnMut(Value) -> Value) -> Self {
        let args = self.args.iter().map(|&value| f(value)).collect();
        Self { args, result: self.result.map(&mut f), exit: self.exit.map(&mut f) }
    }

    /// Returns the exit's parameter, or null.
    pub(crate) fn exit(&self, b: &mut FunctionBuilder<'_>) -> Value {
        self.exit.unwrap_or_else(|| b.ins().iconst(types::I64, 0))
    }
}

/// Returns the address of the record.
pub(crate) fn record(b: &mut FunctionBuilder<'_>) -> Value {
    hole(b, Hole::Record)
}

/// Returns the address in a hole, which each copy of the code has.
pub(crate) fn hole(b: &mut FunctionBuilder<'_>, hole: Hole) -> Value {
    let name = b.func.declare_imported_user_function(UserExternalName { namespace: 0, index: hole as u32 });
    let data =
        GlobalValueData::Symbol { name: ExternalName::user(name), offset: 0.into(), colocated: false, tls: false };
    let symbol = b.create_global_value(data);
    b.ins().symbol_value(types::I64, symbol)
}

/// Refuses an integer that is too wide.
pub(crate) fn narrow(
    b: &mut FunctionBuilder<'_>,
    exits: &Exits<'_>,
    ready: &Ready,
    (index, word): (usize, Value),
    narrowing: Narrowing,
) {
    for fits in numbers::fits(b, word, narrowing) {
        exits.refuse_unless(b, fits, ready, index, word);
    }
}

/// The ways out of a refused call.
pub(crate) struct Exits<'a> {
    native: &'a FastCallBody<'a>,
    /// Takes the exit. Gets the exit's parameter and, for [`Exit::Raise`], the index of the argument and its bits.
    refuse: Block,
    /// Returns zeros.
    leave: Block,
}

impl<'a> Exits<'a> {
    pub(crate) fn new(b: &mut FunctionBuilder<'_>, native: &'a FastCallBody<'a>) -> Self {
        let [refuse, leave] = std::array::from_fn(|_| b.create_block());
        let params = if native.key.model.exit == Exit::Raise { 3 } else { 1 };
        for _ in 0..params {
            b.append_block_param(refuse, types::I64);
        }
        [refuse, leave].into_iter().for_each(|block| b.set_cold_block(block));
        Self { native, refuse, leave }
    }

    /// Continues if `condition` holds; otherwise refuses the argument with these bits.
    pub(crate) fn refuse_unless(
        &self,
        b: &mut FunctionBuilder<'_>,
        condition: Value,
        ready: &Ready,
        index: usize,
        bits: Value,
    ) {
        let mut args = vec![BlockArg::from(ready.exit(b))];
        if self.native.key.model.exit == Exit::Raise {
            let index = b.ins().iconst(types::I64, index as i64);
            args.extend([index, bits].map(BlockArg::from));
        }
        let next = next_block(b);
        b.ins().brif(condition, next, &[], self.refuse, &args);
        b.seal_block(next);
        b.switch_to_block(next);
    }

    /// Continues if `condition` holds. Otherwise takes the exit; for [`Exit::Raise`] the error was raised before.
    pub(crate) fn leave_unless(&self, b: &mut FunctionBuilder<'_>, condition: Value, ready: &Ready) {
        let next = next_block(b);
        match self.native.key.model.exit {
            Exit::Raise => b.ins().brif(condition, next, &[], self.leave, &[]),
            Exit::Flag { .. } => {
                let exit = ready.exit(b);
                b.ins().brif(condition, next, &[], self.refuse, &[BlockArg::from(exit)])
            }
        };
        b.seal_block(next);
        b.switch_to_block(next);
    }

    /// Emits the blocks that leave the function.
    pub(crate) fn emit(&self, b: &mut FunctionBuilder<'_>) {
        b.seal_block(self.refuse);
        b.switch_to_block(self.refuse);
        let params = b.block_params(self.refuse).to_vec();
        match (self.native.key.model.exit, &params[..]) {
            (Exit::Flag { offset }, &[exit]) => {
                let flag = b.ins().iconst(types::I8, 1);
                let at = b.ins().iadd_imm_u(exit, i64::from(offset));
                b.ins().store(UNALIGNED, flag, at, 0);
            }
            (_, &[exit, index, bits]) => {
                let mut signature = ir::Signature::new(call_conv(self.native.key.abi));
                signature.params.resize(4, AbiParam::new(types::I64));
                let signature = b.import_signature(signature);
                let raise = b.ins().iconst(types::I64, self.native.needs.helpers.raise as *const () as i64);
                let record = record(b);
                b.ins().call_indirect(signature, raise, &[record, exit, index, bits]);
            }
            _ => unreachable!("the block does not have other parameters"),
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
