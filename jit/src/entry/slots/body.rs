//! The code of a trampoline: `fn(target, args: *const Slot, result: *mut Slot, errno: *mut i32)`.
//!
//! A scalar result is written as a slot, and an aggregate to the bytes that `result` points to. `errno` is ignored
//! unless it is captured.

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::arch::x86_64::slot_jump;
use crate::codegen::body::{Body, Compile};
use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::call::{self, extend, store_pieces};
use crate::codegen::compiled::Compiled;
use crate::codegen::frame::Kept;
use crate::codegen::slots::Slots;
use crate::codegen::words::CallWords;
use crate::convention::plan::{Arg, Return};
use crate::entry::slots::key::SlotsKey;
use crate::entry::slots::tail;
use crate::error::JitError;
use crate::os::errno;

/// The number of integer registers that loading takes: one for the function's address, one for the address of an
/// aggregate being copied.
const LOADING_REGISTERS: usize = 2;

struct SlotsBody<'a> {
    key: &'a SlotsKey,
    call: CallWords,
}

impl Compile for SlotsKey {
    fn body(&self) -> Result<impl Body, JitError> {
        Ok(SlotsBody { key: self, call: CallWords::of(self.abi, &self.plan, LOADING_REGISTERS)? })
    }

    fn assembled(&self) -> Option<Compiled> {
        tail::jump(self).map(|jump| Compiled::assembled(slot_jump::assemble(&jump)))
    }
}

impl Body for SlotsBody<'_> {
    fn signature(&self) -> ir::Signature {
        let mut signature = ir::Signature::new(self.call.call_conv);
        signature.params.extend([AbiParam::new(types::I64); 4]);
        signature
    }

    fn call(&self) -> Option<&CallWords> {
        Some(&self.call)
    }

    fn emit(&self, b: &mut FunctionBuilder<'_>, shim: Option<*const u8>) {
        let SlotsKey { plan, options, .. } = self.key;
        let block = b.create_block();
        b.append_block_params_for_function_params(block);
        b.switch_to_block(block);
        b.seal_block(block);
        let &[target, args, result, errno] = b.block_params(block) else {
            unreachable!("the entry has four parameters")
        };

        let sink = match &plan.ret {
            Return::Pass(arg) if !arg.pieces().is_empty() => Some((arg, Kept::store(b, result))),
            Return::Pass(_) | Return::Hidden { .. } => None,
        };
        let errno = options.capture_errno.then(|| Kept::store(b, errno));

        let mut source = Slots::new(args, result, plan.args.len());
        let words = call::emit(b, plan, &self.call, &mut source, target, shim);
        if let Some((arg, result)) = sink {
            let result = result.load(b);
            store_result(b, arg, &words, result);
        }
        if let Some(errno) = errno {
            capture_errno(b, errno);
        }
        b.ins().return_(&[]);
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

/// Captures `errno`. Only stores of the result may lie between the call of C and this one.
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
