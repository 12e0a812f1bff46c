//! IR to bytes: Cranelift's set-up, and the one place that runs it.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, LibCall, UserExternalName};
use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, SetError};
use cranelift_codegen::{Context, FinalizedMachReloc, ir};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, ModuleReloc, ModuleRelocTarget};
use target_lexicon::Triple;

use crate::error::JitError;
use crate::lower::callback::{self, Incoming};
use crate::lower::signature::Outgoing;
use crate::lower::slots;
use crate::lower::typed;
use crate::lower::values::{self, Native};
use crate::plan::Plan;
use crate::shape::Options;

/// Machine code that is not in its place yet.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) bytes: Vec<u8>,
    pub(crate) align: u64,
    pub(crate) relocs: Vec<ModuleReloc>,
    pub(crate) unwind: Option<UnwindInfo>,
    /// Where addresses belong that each record has its own of, in 8 bytes each.
    holes: Vec<(u32, Hole)>,
}

/// An address that code learns when it is copied for a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hole {
    /// The record's.
    Record,
    /// That of its [`Pending`](crate::values::Pending), which is a load faster than by the record.
    Pending,
}

impl Hole {
    const ALL: [Self; 2] = [Self::Record, Self::Pending];

    /// What stands for it in IR: its number among all.
    pub(crate) const fn name(self) -> UserExternalName {
        UserExternalName { namespace: 0, index: self as u32 }
    }
}

impl Compiled {
    /// Code that Cranelift has no part in: it refers to nothing and leaves the frame as it found it.
    pub(crate) const fn assembled(bytes: Vec<u8>) -> Self {
        Self::template(bytes, Vec::new())
    }

    /// The same with addresses in these places that are yet to come.
    pub(crate) const fn template(bytes: Vec<u8>, holes: Vec<(u32, Hole)>) -> Self {
        Self { bytes, align: 16, relocs: Vec::new(), unwind: None, holes }
    }

    /// A copy with these addresses.
    pub(crate) fn filled(&self, address: impl Fn(Hole) -> u64) -> Self {
        let mut copy = self.clone();
        for &(at, hole) in &self.holes {
            copy.bytes[at as usize..][..8].copy_from_slice(&address(hole).to_le_bytes());
        }
        copy
    }
}

/// Cranelift with its buffers, which are reused from function to function.
pub(crate) struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    builder: FunctionBuilderContext,
}

impl Compiler {
    pub(crate) fn new(isa: OwnedTargetIsa) -> Self {
        Self { isa, context: Context::new(), builder: FunctionBuilderContext::new() }
    }

    /// Compiles the `slots` trampoline of a normalised plan; `shim` is where the code of the call's shim is, if it has one.
    pub(crate) fn slots(
        &mut self,
        plan: &Plan,
        outgoing: &Outgoing,
        options: Options,
        shim: Option<*const u8>,
    ) -> Result<Compiled, JitError> {
        self.build(slots::signature(outgoing.call_conv), |b| slots::emit(b, plan, outgoing, options, shim));
        self.compile()
    }

    /// Compiles a trampoline of the `values` entry, likewise.
    pub(crate) fn values(
        &mut self,
        native: &Native<'_>,
        outgoing: &Outgoing,
        shim: Option<*const u8>,
    ) -> Result<Compiled, JitError> {
        self.build(native.arrival.signature(), |b| values::emit(b, native, outgoing, shim));
        self.compile()
    }

    /// Compiles a native function of the `typed` entry, likewise: a template.
    pub(crate) fn typed(
        &mut self,
        native: &typed::Native<'_>,
        outgoing: &Outgoing,
        shim: Option<*const u8>,
    ) -> Result<Compiled, JitError> {
        self.build(native.arrival.signature(), |b| typed::emit(b, native, outgoing, shim));
        self.compile()
    }

    /// Compiles a thunk.
    pub(crate) fn thunk(&mut self, incoming: &Incoming<'_>) -> Result<Compiled, JitError> {
        self.build(incoming.arrival.signature(), |b| callback::emit(b, incoming));
        self.compile()
    }

    /// Replaces the current function by one that `body` emits.
    fn build(&mut self, signature: ir::Signature, body: impl FnOnce(&mut FunctionBuilder<'_>)) {
        // Cleared, not replaced: the function's tables keep their memory.
        self.context.clear();
        self.context.func.signature = signature;
        let mut builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        body(&mut builder);
        builder.finalize(self.isa.frontend_config());
    }

    fn compile(&mut self) -> Result<Compiled, JitError> {
        let Self { isa, context, .. } = self;
        context.compile(&**isa, &mut ControlPlane::default()).map_err(|error| JitError::codegen(error.inner))?;
        let code = context.compiled_code().ok_or_else(|| JitError::codegen("nothing was compiled"))?;
        let unwind = code.create_unwind_info(&**isa).map_err(JitError::codegen)?;
        let (mut relocs, mut holes) = (Vec::new(), Vec::new());
        for reloc in code.buffer.relocs() {
            match outside(reloc, &context.func)? {
                Outside::Memcpy(reloc) => relocs.push(reloc),
                Outside::Hole(at, hole) => holes.push((at, hole)),
            }
        }
        let (bytes, align) = (code.code_buffer().to_vec(), code.buffer.alignment.into());
        Ok(Compiled { bytes, align, relocs, unwind, holes })
    }

    /// The IR of the function compiled last.
    #[cfg(feature = "disasm")]
    pub(crate) fn clif(&self) -> String {
        self.context.func.display().to_string()
    }

    /// The instructions of the function compiled last.
    #[cfg(feature = "disasm")]
    pub(crate) fn disassembly(&self) -> Result<String, JitError> {
        let capstone = self.isa.to_capstone().map_err(JitError::codegen)?;
        let code = self.context.compiled_code().ok_or_else(|| JitError::codegen("nothing was compiled"))?;
        code.disassemble(Some(&self.context.func.params), &capstone).map_err(JitError::codegen)
    }

    /// The instructions of code that Cranelift has no part in, in the same form.
    #[cfg(feature = "disasm")]
    pub(crate) fn disassemble(&self, code: &[u8]) -> Result<String, JitError> {
        let capstone = self.isa.to_capstone().map_err(JitError::codegen)?;
        let instructions = capstone.disasm_all(code, 0).map_err(JitError::codegen)?;
        let lines = instructions.iter().map(|instruction| {
            let [name, operands] = [instruction.mnemonic(), instruction.op_str()].map(Option::unwrap_or_default);
            format!("  {name} {operands}").trim_end().to_owned() + "\n"
        });
        Ok(lines.collect())
    }
}

/// What code refers to.
enum Outside {
    /// The one relocation that the linker takes, because its memory is written at another address than it is executed at, and
    /// because it resolves no other name: an absolute address of `memcpy`.
    Memcpy(ModuleReloc),
    /// An absolute address, at this offset.
    Hole(u32, Hole),
}

fn outside(reloc: &FinalizedMachReloc, function: &Function) -> Result<Outside, JitError> {
    // No function refers to itself or another one, so the number does not matter.
    let reloc = ModuleReloc::from_mach_reloc(reloc, function, FuncId::from_u32(0));
    match (reloc.kind, &reloc.name) {
        (Reloc::Abs8, ModuleRelocTarget::LibCall(LibCall::Memcpy)) => Ok(Outside::Memcpy(reloc)),
        (Reloc::Abs8, ModuleRelocTarget::User { index, .. }) if reloc.addend == 0 => {
            match Hole::ALL.get(*index as usize) {
                Some(&hole) => Ok(Outside::Hole(reloc.offset, hole)),
                None => Err(JitError::codegen(format!("unexpected relocation to {:?}", reloc.name))),
            }
        }
        (kind, name) => Err(JitError::codegen(format!("unexpected relocation {kind} to {name}"))),
    }
}

/// What is compiled for.
pub(crate) fn host_isa() -> Result<OwnedTargetIsa, JitError> {
    let flags = settings::Flags::new(host_flags().map_err(JitError::codegen)?);
    // The baseline of the architecture: trampolines only move words, for which later extensions offer nothing.
    isa::lookup(Triple::host()).map_err(JitError::codegen)?.finish(flags).map_err(JitError::codegen)
}

fn host_flags() -> Result<settings::Builder, SetError> {
    let mut flags = settings::builder();
    // Trampolines are loads, moves and a call: there is nothing to optimise, and compiling is on the way to the first call.
    flags.set("opt_level", "none")?;
    // The single-pass allocator compiles faster, but saves callee-saved registers in every trampoline.
    flags.set("regalloc_algorithm", "backtracking")?;
    flags.set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })?;
    flags.set("is_pic", "false")?;
    flags.set("use_colocated_libcalls", "false")?;
    flags.set("unwind_info", "true")?;
    // Thunks find their stack arguments by it.
    flags.set("preserve_frame_pointers", "true")?;
    // A call may take more than a page of stack, and must not step over the guard page.
    flags.set("enable_probestack", "true")?;
    flags.set("probestack_strategy", "inline")?;
    Ok(flags)
}
