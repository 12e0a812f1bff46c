//! The code generator: compiles a key and puts the code in its place.

use std::sync::Arc;

use cranelift_codegen::isa::OwnedTargetIsa;

use crate::arch::x86_64::shim::Shim;
use crate::code::counters::Counters;
use crate::code::linker::{Code, Linker};
use crate::code::once_map::{Life, OnceMap};
use crate::codegen::body::{Body, Compile};
use crate::codegen::compiled::Compiled;
use crate::codegen::compiler::Compiler;
use crate::codegen::isa::host_isa;
use crate::debug::name::Name;
use crate::error::JitError;
use crate::lock::{HoldOff, Lock};
use crate::os::stack::Stack;

/// Compilers, and the memory that they fill. Threads compile at the same time, but put code in its place in turn.
pub(crate) struct Generator {
    isa: OwnedTargetIsa,
    /// Compilers that are not in use, with their buffers.
    idle: Lock<Vec<Worker>>,
    linker: Lock<Linker>,
    counters: Arc<Counters>,
    shims: OnceMap<Shim, Code>,
}

/// A compiler with a stack of its own, because the caller's may be small. Even moving a compiler would take much of it,
/// so the compiler is boxed.
struct Worker {
    compiler: Box<Compiler>,
    stack: Stack,
}

impl Worker {
    fn new(isa: OwnedTargetIsa) -> Result<Self, JitError> {
        let mut stack = Stack::new().map_err(JitError::memory)?;
        Ok(Self { compiler: stack.run(|| Box::new(Compiler::new(isa))), stack })
    }
}

impl Generator {
    /// A generator. `None` in builds without one, and if the system refuses memory for code.
    pub(crate) fn new() -> Result<Option<Self>, JitError> {
        let isa = host_isa()?;
        // Tries it with bytes that are never called, so that nothing is compiled in vain.
        match Linker::new(isa.clone()).assembled("probe", vec![0; 16]) {
            Err(JitError::Memory(_)) => Ok(None),
            Err(error) => Err(error),
            Ok(_) => Ok(Some(Self::with(isa.clone(), Linker::new(isa)))),
        }
    }

    fn with(isa: OwnedTargetIsa, linker: Linker) -> Self {
        let (counters, idle) = (Arc::clone(linker.counters()), Lock::default());
        Self { isa, idle, linker: Lock::new(linker), counters, shims: OnceMap::new() }
    }

    /// A generator that can compile but has no place for code.
    #[cfg(test)]
    pub(crate) fn without_memory() -> Self {
        let isa = host_isa().unwrap();
        Self::with(isa.clone(), Linker::without_memory(isa))
    }

    /// From now on there is no place for more code.
    #[cfg(test)]
    pub(crate) fn lose_memory(&self) {
        *self.linker.hold() = Linker::without_memory(self.isa.clone());
    }

    /// Compiles a function, and the shim that its call goes through.
    pub(crate) fn compile(
        &self,
        no_fork: &HoldOff,
        body: &impl Body,
    ) -> Result<(Compiled, Option<Arc<Code>>), JitError> {
        let shim = body.call().and_then(|call| call.shim).map(|shim| self.shim(no_fork, shim)).transpose()?;
        let idle = self.idle.lock(no_fork).pop();
        // A compiler that panics is not used again.
        let mut worker = idle.map_or_else(|| Worker::new(self.isa.clone()), Ok)?;
        let Worker { compiler, stack } = &mut worker;
        let compiled = stack.run(|| compiler.compile(body, shim.as_deref().map(Code::entry)));
        self.idle.lock(no_fork).push(worker);
        Ok((compiled?, shim))
    }

    /// Puts a function in its place under a name.
    pub(crate) fn link(
        &self,
        no_fork: &HoldOff,
        name: &Name,
        compiled: &Compiled,
        shim: Option<Arc<Code>>,
    ) -> Result<Code, JitError> {
        // A panic while linking loses the chunk that was being filled, and leaves the linker valid.
        self.linker.lock(no_fork).link(name, compiled, shim)
    }

    fn shim(&self, no_fork: &HoldOff, shim: Shim) -> Result<Arc<Code>, JitError> {
        let make = || self.linker.lock(no_fork).assembled("shim", shim.code());
        self.shims.get_or_make(no_fork, &shim, Life::Used, make)
    }

    /// The counters of the code.
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// The code for a key, under a name; `None` if no code can be generated.
pub(crate) fn make(
    no_fork: &HoldOff,
    generator: Option<&Generator>,
    name: &Name,
    key: &impl Compile,
) -> Result<Option<Code>, JitError> {
    let generated = generator.map(|generator| {
        let (compiled, shim) = generator.compile(no_fork, &key.body()?)?;
        generator.link(no_fork, name, &compiled, shim)
    });
    match generated {
        None | Some(Err(JitError::Memory(_))) => Ok(None),
        Some(code) => code.map(Some),
    }
}
