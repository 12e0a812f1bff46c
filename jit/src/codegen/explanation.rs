//! The stages of a signature on its way to machine code, for people and programs that search for an error.

use std::ptr;

use crate::codegen::body::Body;
use crate::codegen::compiler::Compiler;
use crate::codegen::isa::host_isa;
use crate::convention::abi::Abi;
use crate::convention::plan::Plan;
use crate::error::JitError;

/// The stages after the layout of one signature, in the host's convention.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The convention.
    pub abi: Abi,
    /// The places of every argument and the result.
    pub plan: Plan,
    /// The plan as the entry reads it. Signatures with equal canonical plans share code if their values are converted
    /// alike.
    pub canonical: Plan,
    /// The trampoline in Cranelift's IR; empty if the trampoline was assembled.
    pub clif: String,
    /// The trampoline's instructions.
    pub disassembly: String,
    /// The trampoline's bytes.
    pub code: Vec<u8>,
    /// The bytes of the shim through which a variadic function is called. The trampoline above shows the shim's address
    /// as 0.
    pub shim: Option<Vec<u8>>,
}

impl Explanation {
    /// Compiles a function and keeps the result of each stage.
    pub(crate) fn compiled(abi: Abi, plan: Plan, canonical: Plan, body: &impl Body) -> Result<Self, JitError> {
        let mut compiler = Compiler::new(host_isa()?);
        let shim = body.call().and_then(|call| call.shim).map(|shim| shim.code());
        // The shim's address is not known before the shim is in its place. Null will do, because nothing calls this
        // code.
        let code = compiler.compile(body, shim.as_ref().map(|_| ptr::null()))?.bytes;
        let (clif, disassembly) = (compiler.clif(), compiler.disassembly()?);
        Ok(Self { abi, plan, canonical, clif, disassembly, code, shim })
    }

    /// Keeps the stages of a function that was assembled.
    pub(crate) fn assembled(abi: Abi, plan: Plan, canonical: Plan, code: Vec<u8>) -> Result<Self, JitError> {
        let disassembly = Compiler::new(host_isa()?).disassemble(&code)?;
        Ok(Self { abi, plan, canonical, clif: String::new(), disassembly, code, shim: None })
    }
}
