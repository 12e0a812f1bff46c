//! Cranelift's settings.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, SetError};
use target_lexicon::Triple;

use crate::error::JitError;

/// Returns the target of compilation: the host.
pub(crate) fn host_isa() -> Result<OwnedTargetIsa, JitError> {
    let flags = settings::Flags::new(host_flags().map_err(JitError::codegen)?);
    // Selects the architecture's baseline. Trampolines only move words, for which later extensions offer nothing.
    isa::lookup(Triple::host()).map_err(JitError::codegen)?.finish(flags).map_err(JitError::codegen)
}

fn host_flags() -> Result<settings::Builder, SetError> {
    let mut flags = settings::builder();
    // Trampolines are loads, moves and a call, so optimising gains nothing. The first call waits for the compiler.
    flags.set("opt_level", "none")?;
    // The single-pass allocator compiles faster, but makes every trampoline save callee-saved registers.
    flags.set("regalloc_algorithm", "backtracking")?;
    flags.set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })?;
    flags.set("is_pic", "false")?;
    flags.set("use_colocated_libcalls", "false")?;
    flags.set("unwind_info", "true")?;
    // Thunks find their stack arguments by the frame pointer.
    flags.set("preserve_frame_pointers", "true")?;
    // A call may take more than a page of stack, and must not step over the guard page.
    flags.set("enable_probestack", "true")?;
    flags.set("probestack_strategy", "inline")?;
    Ok(flags)
}
