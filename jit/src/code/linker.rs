//! Executable memory: compiled code at its place, with its unwinding table. It is unmapped when its last user is
//! dropped.
//!
//! No memory is ever writable and executable at one address, and none that may be executing changes its protection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use cranelift_codegen::ir::LibCall;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::Module;

use crate::code::chunk::{Chunk, Pages};
use crate::code::counters::Counters;
use crate::code::unwind::{Frames, Registration};
use crate::codegen::compiled::Compiled;
use crate::debug::name::Name;
use crate::error::JitError;

/// Code that can be called.
pub(crate) struct Code {
    /// The description of this function alone. Declared before the memory, so that it is dropped first.
    _unwind: Option<Registration>,
    chunk: Arc<Chunk>,
    entry: *const u8,
    len: usize,
    /// The code that this code calls by address.
    _callee: Option<Arc<Code>>,
}

// SAFETY: `entry` is an address in the chunk. It is sealed, so any thread may read and run the code there. The other
// fields are `Send` and `Sync`.
unsafe impl Send for Code {}
// SAFETY: `entry` is an address in the chunk. It is sealed, so any thread may read and run the code there. The other
// fields are `Sync`.
unsafe impl Sync for Code {}

impl Code {
    /// The address to call.
    pub(crate) const fn entry(&self) -> *const u8 {
        self.entry
    }

    /// The machine code.
    pub(crate) fn bytes(&self) -> &[u8] {
        debug_assert!(self.chunk.contains(self.entry, self.len));
        // SAFETY: the linker wrote these bytes of the chunk. They never change again, and the chunk is kept.
        unsafe { std::slice::from_raw_parts(self.entry, self.len) }
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(counters) = self.chunk.counters() {
            counters.functions.fetch_sub(1, Ordering::Relaxed);
            counters.code_bytes.fetch_sub(self.len, Ordering::Relaxed);
        }
    }
}

/// Puts code into its place.
pub(crate) struct Linker {
    isa: OwnedTargetIsa,
    /// The chunks being filled, one for each kind of frames: functions with equal frames share a table.
    current: [Option<OpenChunk>; Frames::ALL.len()],
    counters: Arc<Counters>,
    new_chunk: fn(usize) -> io::Result<Chunk>,
}

/// A chunk and the module that lays code out in it.
struct OpenChunk {
    module: JITModule,
    chunk: Arc<Chunk>,
}

impl Linker {
    pub(crate) fn new(isa: OwnedTargetIsa) -> Self {
        Self::counted(isa, Arc::default())
    }

    /// A linker whose code is counted together with that of others.
    pub(crate) fn counted(isa: OwnedTargetIsa, counters: Arc<Counters>) -> Self {
        Self { isa, current: [const { None }; Frames::ALL.len()], counters, new_chunk: Chunk::new }
    }

    /// The counters of the code that was linked.
    pub(crate) const fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// A linker without memory, like on a system that refuses it.
    #[cfg(test)]
    pub(crate) fn without_memory(isa: OwnedTargetIsa) -> Self {
        Self { new_chunk: |_| Err(io::ErrorKind::PermissionDenied.into()), ..Self::new(isa) }
    }

    /// Makes machine code callable that was not compiled, named after its kind.
    pub(crate) fn assembled(&mut self, kind: &str, bytes: Vec<u8>) -> Result<Code, JitError> {
        self.link(&Name::of(kind), &Compiled::assembled(bytes), None)
    }

    /// Makes code callable under a name. Keeps `callee` as long as the code.
    pub(crate) fn link(
        &mut self,
        name: &Name,
        compiled: &Compiled,
        callee: Option<Arc<Code>>,
    ) -> Result<Code, JitError> {
        let len = compiled.bytes.len();
        let frames = Frames::of(compiled.unwind.as_ref(), len);
        let current = &mut self.current[frames as usize];
        let target = match current.take() {
            Some(target) if target.chunk.has_room(len) => target,
            _ => {
                let chunk = (self.new_chunk)(len).map_err(JitError::memory)?;
                OpenChunk::new(&self.isa, chunk.prepared(frames, &self.counters)?)
            }
        };
        let OpenChunk { module, chunk } = current.insert(target);
        let entry = chunk.executable_at(define(module, compiled)?);
        let unwind = match &compiled.unwind {
            Some(info) if frames == Frames::Own => Registration::of_function(&self.isa, info, entry)?,
            _ => None,
        };
        chunk.name(entry, len, name, unwind.as_ref());
        self.counters.functions.fetch_add(1, Ordering::Relaxed);
        self.counters.code_bytes.fetch_add(len, Ordering::Relaxed);
        Ok(Code { _unwind: unwind, chunk: Arc::clone(chunk), entry, len, _callee: callee })
    }
}

impl OpenChunk {
    fn new(isa: &OwnedTargetIsa, chunk: Chunk) -> Self {
        let chunk = Arc::new(chunk);
        let mut builder = JITBuilder::with_isa(isa.clone(), Box::new(libcall_name));
        // This symbol takes precedence over the module's own look-up in the process, which could find any function of
        // that name.
        builder.symbol(libcall_name(LibCall::Memcpy), libc::memcpy as *const u8);
        builder.memory_provider(Box::new(Pages::new(Arc::clone(&chunk))));
        Self { module: JITModule::new(builder), chunk }
    }
}

fn define(module: &mut JITModule, compiled: &Compiled) -> Result<*const u8, JitError> {
    // Nothing calls the function by its declaration, so its signature does not matter. The module works with the
    // writable address. That is correct only because all relocations are absolute and lead outside.
    let signature = module.make_signature();
    let id = module.declare_anonymous_function(&signature).map_err(JitError::memory)?;
    let Compiled { bytes, align, relocs, .. } = compiled;
    module.define_function_bytes(id, *align, bytes, relocs).map_err(JitError::memory)?;
    module.finalize_definitions().map_err(JitError::memory)?;
    Ok(module.get_finalized_function(id))
}

fn libcall_name(libcall: LibCall) -> String {
    cranelift_module::default_libcall_names()(libcall)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::codegen::isa::host_isa;

    /// `mov eax, imm32; ret`
    fn returns(value: u32) -> Vec<u8> {
        let [a, b, c, d] = value.to_le_bytes();
        vec![0xb8, a, b, c, d, 0xc3]
    }

    /// Tests the memory that a process gets if its system refuses to map memory twice.
    #[test]
    fn sealed_pages_serve_as_well() {
        let isa = host_isa().unwrap();
        let mut linker = Linker { new_chunk: Chunk::sealed, ..Linker::new(isa) };
        let code: Vec<_> = (0..100).map(|value| linker.assembled("test", returns(value)).unwrap()).collect();
        for (value, code) in (0..).zip(&code) {
            // SAFETY: these bytes are a function of this type.
            let function = unsafe { std::mem::transmute::<*const u8, extern "C" fn() -> u32>(code.entry()) };
            assert_eq!(function(), value);
            assert_eq!(code.bytes(), returns(value));
        }
    }

    #[test]
    fn no_memory_is_an_error() {
        let isa = host_isa().unwrap();
        let mut linker = Linker::without_memory(isa);
        assert!(matches!(linker.assembled("test", returns(0)), Err(JitError::Memory(_))));
    }
}
