//! Executable memory: compiled code at its place, with its unwinding table, unmapped when the last user goes.
//!
//! Pages are written first and sealed once: none is ever writable and executable, and none that may be executing changes
//! its protection.

mod pages;
mod unwind;

use std::sync::Arc;

use cranelift_codegen::ir::LibCall;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::Module;
use memmap2::Mmap;

use crate::compile::Compiled;
use crate::error::JitError;
use crate::lower::shim::Shim;
use pages::Pages;
use unwind::Registration;

/// Code that can be called.
pub(crate) struct Code {
    /// In front of the memory, so that it goes first.
    _unwind: Option<Registration>,
    map: Mmap,
    len: usize,
    /// What this code calls by address.
    _callee: Option<Arc<Code>>,
}

impl Code {
    /// Puts code into memory of its own; `callee` is kept as long as it is.
    pub(crate) fn link(isa: &OwnedTargetIsa, compiled: &Compiled, callee: Option<Arc<Code>>) -> Result<Self, JitError> {
        let (provider, sealed) = Pages::new();
        let mut builder = JITBuilder::with_isa(isa.clone(), Box::new(libcall_name));
        // Found before JITModule's own look-up in the process, which could bind to anything of that name.
        builder.symbol(libcall_name(LibCall::Memcpy), libc::memcpy as *const u8);
        builder.memory_provider(Box::new(provider));
        let mut module = JITModule::new(builder);
        let signature = module.make_signature();
        let id = module.declare_anonymous_function(&signature).map_err(JitError::memory)?;
        module
            .define_function_bytes(id, compiled.align, &compiled.bytes, &compiled.relocs)
            .map_err(JitError::memory)?;
        module.finalize_definitions().map_err(JitError::memory)?;
        // The module's records end here; the memory goes on.
        drop(module);
        let map = sealed.take().ok_or_else(|| JitError::memory("no memory was sealed"))?;
        let unwind = match &compiled.unwind {
            Some(info) => Registration::new(isa, info, map.as_ptr())?,
            None => None,
        };
        Ok(Self { _unwind: unwind, map, len: compiled.bytes.len(), _callee: callee })
    }

    /// Puts a shim into memory of its own.
    pub(crate) fn link_shim(isa: &OwnedTargetIsa, shim: Shim) -> Result<Self, JitError> {
        Self::link(isa, &Compiled::assembled(shim.code()), None)
    }

    /// The address to call.
    pub(crate) fn entry(&self) -> *const u8 {
        self.map.as_ptr()
    }

    /// The machine code.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map[..self.len]
    }
}

fn libcall_name(libcall: LibCall) -> String {
    cranelift_module::default_libcall_names()(libcall)
}
