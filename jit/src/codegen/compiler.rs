//! IR to bytes. Only this file runs Cranelift.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, LibCall, Opcode, SourceLoc};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::{CompiledCode, Context, Final, FinalizedMachReloc, MachSrcLoc};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, ModuleReloc, ModuleRelocTarget};

use crate::arch::x86_64::epilogue;
use crate::codegen::body::Body;
use crate::codegen::compiled::Compiled;
use crate::codegen::thread_variable;
use crate::engine::hole::Hole;
use crate::error::JitError;

/// Cranelift with its buffers, which are reused for every function.
pub(crate) struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    builder: FunctionBuilderContext,
    /// The function compiled last.
    code: Option<CompiledCode>,
}

/// The mark of instructions that return.
const RETURN: u32 = 1;

impl Compiler {
    pub(crate) fn new(isa: OwnedTargetIsa) -> Self {
        Self { isa, context: Context::new(), builder: FunctionBuilderContext::new(), code: None }
    }

    /// Compiles a function. `shim` is the address of the code of its call's shim, if it has one.
    pub(crate) fn compile(&mut self, body: &impl Body, shim: Option<*const u8>) -> Result<Compiled, JitError> {
        let Self { isa, context, builder, code } = self;
        // Clears the context instead of replacing it, so that the function's tables keep their memory.
        context.clear();
        context.func.signature = body.signature();
        let mut b = FunctionBuilder::new(&mut context.func, builder);
        body.emit(&mut b, shim);
        b.finalize(isa.frontend_config());
        mark_returns(&mut context.func);
        context.compile(&**isa, &mut ControlPlane::default()).map_err(|error| JitError::codegen(error.inner))?;
        let compiled = context.take_compiled_code().ok_or_else(|| JitError::codegen("nothing was compiled"))?;
        let code = code.insert(compiled);
        shorten_epilogues(code);
        let unwind = code.create_unwind_info(&**isa).map_err(JitError::codegen)?;
        let (mut relocs, mut holes, mut variables) = (Vec::new(), Vec::new(), Vec::new());
        for reloc in code.buffer.relocs() {
            match outside(reloc, &context.func)? {
                Outside::Memcpy(reloc) => relocs.push(reloc),
                Outside::Hole(at, hole) => holes.push((at, hole)),
                Outside::Variable { at, index } => variables.push((at, index)),
            }
        }
        for (at, index) in variables {
            if !thread_variable::replace(code.buffer.data_mut(), at, index) {
                return Err(JitError::codegen("an address is not loaded as expected"));
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
        let code = self.code.as_ref().ok_or_else(|| JitError::codegen("nothing was compiled"))?;
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

/// Marks the instructions that return, so that their machine code can be found.
fn mark_returns(function: &mut Function) {
    let last = function.layout.blocks().filter_map(|block| function.layout.last_inst(block));
    let returns: Vec<_> = last.filter(|&inst| function.dfg.insts[inst].opcode() == Opcode::Return).collect();
    for inst in returns {
        function.set_srcloc(inst, SourceLoc::new(RETURN));
    }
}

/// Shortens the end of each marked range: a return is the last instruction of its block.
fn shorten_epilogues(code: &mut CompiledCode) {
    let is_return = |range: &&MachSrcLoc<Final>| range.loc.bits() == RETURN;
    let ends: Vec<_> = code.buffer.get_srclocs_sorted().iter().filter(is_return).map(|range| range.end).collect();
    for end in ends {
        epilogue::shorten(&mut code.buffer.data_mut()[..end as usize]);
    }
}

/// A reference from code to something outside.
enum Outside {
    /// An absolute address of `memcpy`: the only relocation that the linker takes. The linker writes its memory at
    /// another address than it executes, and resolves no other name.
    Memcpy(ModuleReloc),
    /// A hole for an absolute address, at this offset.
    Hole(u32, Hole),
    /// A load of the address of a [thread's variable](thread_variable).
    Variable { at: u32, index: u32 },
}

fn outside(reloc: &FinalizedMachReloc, function: &Function) -> Result<Outside, JitError> {
    // Functions do not refer to themselves or to each other, so any number will do.
    let reloc = ModuleReloc::from_mach_reloc(reloc, function, FuncId::from_u32(0));
    match (reloc.kind, &reloc.name) {
        (Reloc::Abs8, ModuleRelocTarget::LibCall(LibCall::Memcpy)) => Ok(Outside::Memcpy(reloc)),
        (Reloc::Abs8, &ModuleRelocTarget::User { namespace: thread_variable::NAMESPACE, index })
            if reloc.addend == 0 =>
        {
            Ok(Outside::Variable { at: reloc.offset, index })
        }
        (Reloc::Abs8, ModuleRelocTarget::User { index, .. }) if reloc.addend == 0 => {
            match Hole::ALL.get(*index as usize) {
                Some(&hole) => Ok(Outside::Hole(reloc.offset, hole)),
                None => Err(JitError::codegen(format!("unexpected relocation to {:?}", reloc.name))),
            }
        }
        (kind, name) => Err(JitError::codegen(format!("unexpected relocation {kind} to {name}"))),
    }
}
