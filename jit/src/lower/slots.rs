//! The `slots` entry: `fn(target, args: *const Slot, result: *mut Slot, errno: *mut i32)`.
//!
//! A slot is 8 bytes in canonical form: integers extended to 64 bits by their type, `bool` 0 or 1, `float` in the low four
//! bytes with the rest zero, `double` and pointers as they are, aggregates by the address of their bytes. A scalar result
//! is written as a slot, an aggregate to the bytes that `result` points to. `errno` is read only where it is captured.

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;

use super::bytes::{self, UNALIGNED};
use super::call::{self, Source, extend, store_pieces};
use super::frame::Kept;
use super::signature::Outgoing;
use crate::errno;
use crate::plan::{Arg, Piece, Plan, Return};
use crate::shape::Options;

/// The integer registers that loading takes: one for the function's address, one for that of an aggregate being copied.
pub(crate) const BUSY: usize = 2;

/// The number of the entry's parameter `args`, and so of the integer register it arrives in.
const ARGS: u8 = 1;

/// The entry's own signature.
pub(crate) fn signature(call_conv: CallConv) -> ir::Signature {
    let mut signature = ir::Signature::new(call_conv);
    signature.params.extend([AbiParam::new(types::I64); 4]);
    signature
}

/// Emits the trampoline for a normalised plan.
pub(crate) fn emit(
    b: &mut FunctionBuilder<'_>,
    plan: &Plan,
    outgoing: &Outgoing,
    options: Options,
    shim: Option<*const u8>,
) {
    let block = b.create_block();
    b.append_block_params_for_function_params(block);
    b.switch_to_block(block);
    b.seal_block(block);
    let &[target, args, result, errno] = b.block_params(block) else { unreachable!("the entry has four parameters") };

    let sink = match &plan.ret {
        Return::Pass(arg) if !arg.pieces().is_empty() => Some((arg, Kept::store(b, result))),
        Return::Pass(_) | Return::Hidden { .. } => None,
    };
    let errno = options.capture_errno.then(|| Kept::store(b, errno));

    let mut source = Slots::new(args, result, plan.args.len());
    let words = call::emit(b, plan, outgoing, &mut source, target, shim);
    if let Some((arg, result)) = sink {
        let result = result.load(b);
        store_result(b, arg, &words, result);
    }
    if let Some(errno) = errno {
        capture_errno(b, errno);
    }
    b.ins().return_(&[]);
}

/// The arguments in the slot buffer.
pub(crate) struct Slots {
    args: Value,
    result: Value,
    /// Of the aggregates that were asked for.
    addresses: Vec<Option<Value>>,
}

impl Slots {
    /// `count` slots at `args`.
    pub(crate) fn new(args: Value, result: Value, count: usize) -> Self {
        Self { args, result, addresses: vec![None; count] }
    }

    fn load(&self, b: &mut FunctionBuilder<'_>, arg: usize, ty: ir::Type) -> Value {
        b.ins().load(ty, UNALIGNED, self.args, arg as i32 * 8)
    }
}

impl Source for Slots {
    fn base_register(&self) -> u8 {
        ARGS
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        let word = self.load(b, arg, ty);
        if ty == types::I64 { extend(b, word, piece) } else { word }
    }

    fn address(&mut self, b: &mut FunctionBuilder<'_>, arg: usize) -> Value {
        if let Some(address) = self.addresses[arg] {
            return address;
        }
        let address = self.load(b, arg, types::I64);
        self.addresses[arg] = Some(address);
        address
    }

    fn result_pointer(&mut self, _: &mut FunctionBuilder<'_>) -> Value {
        self.result
    }
}

fn store_result(b: &mut FunctionBuilder<'_>, arg: &Arg, words: &[Value], result: Value) {
    if arg.aggregate {
        return store_pieces(b, arg.pieces(), words, result);
    }
    let [piece] = arg.pieces() else { unreachable!("a scalar is one piece") };
    let slot = if piece.loc.is_float() { bytes::float_slot(b, words[0]) } else { extend(b, words[0], piece) };
    b.ins().store(UNALIGNED, slot, result, 0);
}

/// Nothing but stores of the result lies between the call and this one.
fn capture_errno(b: &mut FunctionBuilder<'_>, errno: Kept) {
    let mut signature = ir::Signature::new(b.func.signature.call_conv);
    signature.returns.push(AbiParam::new(types::I64));
    let signature = b.import_signature(signature);
    let location = b.ins().iconst(types::I64, errno::location() as *const u8 as i64);
    let call = b.ins().call_indirect(signature, location, &[]);
    let location = b.inst_results(call)[0];
    let value = b.ins().load(types::I32, UNALIGNED, location, 0);
    let errno = errno.load(b);
    b.ins().store(UNALIGNED, value, errno, 0);
}
