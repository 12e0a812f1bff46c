//! The stages of a signature on its way to machine code, for people and programs that look for a mistake.

use std::ptr;

use crate::codegen::body::Body;
use crate::codegen::compiler::Compiler;
use crate::codegen::isa::host_isa;
use crate::convention::abi::Abi;
use crate::convention::plan::Plan;
use crate::error::JitError;

/// The stages behind the layout of one signature, on the host's convention.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The convention.
    pub abi: Abi,
    /// Where every argument and the result live.
    pub plan: Plan,
    /// The plan as the entry reads it: signatures that agree in it share code, if their values are converted in the same way.
    pub canonical: Plan,
    /// The trampoline in Cranelift's IR; empty if it was assembled without.
    pub clif: String,
    /// The trampoline's instructions.
    pub disassembly: String,
    /// The trampoline's bytes.
    pub code: Vec<u8>,
    /// For a variadic call, the bytes of the shim through which the function is called. In the trampoline above its address
    /// is shown as 0.
    pub shim: Option<Vec<u8>>,
}

impl Explanation {
    /// Compiles a function and keeps the result of each stage.
    pub(crate) fn compiled(abi: Abi, plan: Plan, canonical: Plan, body: &impl Body) -> Result<Self, JitError> {
        let mut compiler = Compiler::new(host_isa()?);
        let shim = body.call().and_then(|call| call.shim).map(|shim| shim.code());
        // Its address is not known before it is in its place, where nothing would call it.
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
