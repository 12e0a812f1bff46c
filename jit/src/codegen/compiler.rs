//! IR to bytes. Only this file runs Cranelift.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, LibCall};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::{Context, FinalizedMachReloc};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, ModuleReloc, ModuleRelocTarget};

use crate::codegen::body::Body;
use crate::codegen::compiled::Compiled;
use crate::engine::hole::Hole;
use crate::error::JitError;

/// Cranelift with its buffers, which are reused for every function.
pub(crate) struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    builder: FunctionBuilderContext,
}

impl Compiler {
    pub(crate) fn new(isa: OwnedTargetIsa) -> Self {
        Self { isa, context: Context::new(), builder: FunctionBuilderContext::new() }
    }

    /// Compiles a function. `shim` is the address of the code of its call's shim, if it has one.
    pub(crate) fn compile(&mut self, body: &impl Body, shim: Option<*const u8>) -> Result<Compiled, JitError> {
        let Self { isa, context, builder } = self;
        // Clears the context instead of replacing it, so that the function's tables keep their memory.
        context.clear();
        context.func.signature = body.signature();
        let mut b = FunctionBuilder::new(&mut context.func, builder);
        body.emit(&mut b, shim);
        b.finalize(isa.frontend_config());
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

    /// Returns the IR of the function compiled last.
    #[cfg(feature = "disasm")]
    pub(crate) fn clif(&self) -> String {
        self.context.func.display().to_string()
    }

    /// Returns the instructions of the function compiled last.
    #[cfg(feature = "disasm")]
    pub(crate) fn disassembly(&self) -> Result<String, JitError> {
        let capstone = self.isa.to_capstone().map_err(JitError::codegen)?;
        let code = self.context.compiled_code().ok_or_else(|| JitError::codegen("nothing was compiled"))?;
        code.disassemble(Some(&self.context.func.params), &capstone).map_err(JitError::codegen)
    }

    /// Returns the instructions of code that Cranelift did not generate, in Cranelift's form.
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

/// A reference from code to something outside.
enum Outside {
    /// An absolute address of `memcpy`: the only relocation that the linker takes. The linker writes its memory at
    /// another address than it executes, and resolves no other name.
    Memcpy(ModuleReloc),
    /// A hole for an absolute address, at this offset.
    Hole(u32, Hole),
}

fn outside(reloc: &FinalizedMachReloc, function: &Function) -> Result<Outside, JitError> {
    // Functions do not refer to themselves or to each other, so any number will do.
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
