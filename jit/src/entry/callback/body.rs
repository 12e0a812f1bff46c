//! Thunks: C's call, read from registers and stack by the plan, becomes `handler(context, args, result)`.
//!
//! Scalars become canonical slots. The slot of an aggregate points to its bytes, at a multiple of 16. The memory at
//! `result` is zero when the handler is called: one slot for a scalar, or the bytes of an aggregate.

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, types};
use cranelift_frontend::FunctionBuilder;

use crate::arch::operands::{CELL_CONTEXT, CELL_HANDLER};
use crate::codegen::arrival::Arrival;
use crate::codegen::body::{Body, Compile};
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::frame;
use crate::codegen::words::CallWords;
use crate::convention::spare::Spare;
use crate::entry::callback::frame::{ResultPlace, store_arguments};
use crate::entry::callback::key::CallbackKey;
use crate::error::JitError;

struct CallbackBody<'a> {
    key: &'a CallbackKey,
    arrival: Arrival,
    spare: Spare,
}

impl Compile for CallbackKey {
    fn body(&self) -> Result<impl Body, JitError> {
        let spare = self.spare();
        let arrival = Arrival::behind_stub(self.abi, &self.plan, spare)?;
        Ok(CallbackBody { key: self, arrival, spare })
    }
}

impl Body for CallbackBody<'_> {
    fn signature(&self) -> ir::Signature {
        self.arrival.signature()
    }

    fn call(&self) -> Option<&CallWords> {
        None
    }

    fn emit(&self, b: &mut FunctionBuilder<'_>, _: Option<*const u8>) {
        let CallbackKey { plan, returns_bool, .. } = self.key;
        let words = self.arrival.enter(b);
        let result = ResultPlace::prepare(b, &plan.ret, &words);
        let args = store_arguments(b, &plan.args, &words);
        let args = frame::address(b, args, 0);
        let result_address = result.zeroed(b);

        let cell = words.cell(b, self.spare);
        let handler = b.ins().load(types::I64, UNALIGNED, cell, CELL_HANDLER);
        let context = b.ins().load(types::I64, UNALIGNED, cell, CELL_CONTEXT);
        let mut signature = ir::Signature::new(self.arrival.call_conv);
        signature.params.extend([AbiParam::new(types::I64); 3]);
        let signature = b.import_signature(signature);
        b.ins().call_indirect(signature, handler, &[context, args, result_address]);

        let words = result.load(b, *returns_bool);
        b.ins().return_(&words);
    }
}
