//! What becomes of a signature on its way to machine code, for people and programs that look for a mistake.

use crate::abi::Abi;
use crate::compile::{Compiler, host_isa};
use crate::error::JitError;
use crate::lower::signature::Outgoing;
use crate::lower::slots;
use crate::lower::typed::{self, tail::Tail};
use crate::lower::values::{self, Native};
use crate::plan::Plan;
use crate::shape::{self, Options, Shape, TypedPlan, ValuesPlan};
use crate::signature::Signature;
use crate::typed::{Helpers, Needs, TypedModel, check};
use crate::values::EngineAbi;

/// The stages behind the layout of one signature, on the host's convention.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The convention.
    pub abi: Abi,
    /// Where every argument and the result live.
    pub plan: Plan,
    /// The key under which the code is shared: signatures with equal shapes use one trampoline.
    pub shape: Vec<u8>,
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
    /// Compiles a trampoline of the `slots` entry and keeps what each stage made.
    ///
    /// # Errors
    ///
    /// Those of [`Jit::slots`](crate::Jit::slots).
    pub fn of(signature: &Signature, options: Options) -> Result<Self, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let normalised = shape::slots_plan(signature, plan.clone());
        let shape = Shape::slots(abi, &normalised, options).as_bytes().to_vec();
        let outgoing = Outgoing::of(abi, &normalised, slots::BUSY);
        let mut compiler = Compiler::new(host_isa()?);
        let shim = outgoing.shim.map(|shim| shim.code());
        // Its address is not known before it is in its place, where nothing would call it.
        let code = compiler.slots(&normalised, &outgoing, options, shim.as_ref().map(|_| std::ptr::null()))?.bytes;
        let (clif, disassembly) = (compiler.clif(), compiler.disassembly()?);
        Ok(Self { abi, plan, shape, clif, disassembly, code, shim })
    }

    /// Compiles a trampoline of the `values` entry for an engine and keeps what each stage made. What it calls besides the
    /// function is shown by its address.
    ///
    /// # Errors
    ///
    /// Those of [`Natives::values`](crate::Natives::values).
    pub fn values(signature: &Signature, engine: &EngineAbi) -> Result<Self, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let normalised = ValuesPlan::of(signature, plan.clone());
        let shape = Shape::values(abi, &normalised).as_bytes().to_vec();
        let native = Native::of(abi, &normalised, engine, std::ptr::null())?;
        let outgoing = Outgoing::of(abi, &normalised.plan, values::BUSY);
        let mut compiler = Compiler::new(host_isa()?);
        let shim = outgoing.shim.map(|shim| shim.code());
        let code = compiler.values(&native, &outgoing, shim.as_ref().map(|_| std::ptr::null()))?.bytes;
        let (clif, disassembly) = (compiler.clif(), compiler.disassembly()?);
        Ok(Self { abi, plan, shape, clif, disassembly, code, shim })
    }

    /// Makes a native function of the `typed` entry and keeps what each stage made, with zeros where addresses belong that each record has
    /// its own of.
    /// One that only checks its arguments and moves them is assembled, without IR.
    ///
    /// # Errors
    ///
    /// Those of [`Natives::typed`](crate::Natives::typed).
    pub fn typed(signature: &Signature, model: &TypedModel, helpers: Helpers) -> Result<Self, JitError> {
        check(model, signature)?;
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let normalised = TypedPlan::of(signature, plan.clone());
        let shape = Shape::typed(abi, &normalised).as_bytes().to_vec();
        let needs = Needs::of(model, helpers, &normalised);
        let native = typed::Native::of(abi, &normalised, model, &needs)?;
        let mut compiler = Compiler::new(host_isa()?);
        if let Some(Tail { compiled, .. }) = typed::tail::assemble(&native) {
            let (disassembly, code) = (compiler.disassemble(&compiled.bytes)?, compiled.bytes);
            return Ok(Self { abi, plan, shape, clif: String::new(), disassembly, code, shim: None });
        }
        let outgoing = Outgoing::of(abi, &normalised.plan, typed::BUSY);
        let shim = outgoing.shim.map(|shim| shim.code());
        let code = compiler.typed(&native, &outgoing, shim.as_ref().map(|_| std::ptr::null()))?.bytes;
        let (clif, disassembly) = (compiler.clif(), compiler.disassembly()?);
        Ok(Self { abi, plan, shape, clif, disassembly, code, shim })
    }
}
