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
use crate::os::stack::OnStack;
use crate::os::thread;

/// Compilers, and linkers with the memory that they fill. Threads compile at the same time, and put code in its place.
pub(crate) struct Generator {
    isa: OwnedTargetIsa,
    /// Compilers that are not in use, with their buffers.
    compilers: Lock<Vec<OnStack<Compiler>>>,
    /// Linkers that are not in use. There are as many as threads have put code in its place at the same time.
    linkers: Lock<Vec<IdleLinker>>,
    counters: Arc<Counters>,
    shims: OnceMap<Shim, Code>,
}

/// A linker that is not in use, with the number of the thread that used it last. That thread prefers it, because the
/// linker's memory is in the cache of its processor.
struct IdleLinker(u64, OnStack<Linker>);

impl Generator {
    /// A generator. `None` in builds without one, and if the system refuses memory for code.
    pub(crate) fn new() -> Result<Option<Self>, JitError> {
        match OnStack::new(|| ()) {
            Ok(mut nothing) => nothing.run(|()| Self::probed()),
            Err(_) => Ok(None),
        }
    }

    fn probed() -> Result<Option<Self>, JitError> {
        let isa = host_isa()?;
        // Tries it with bytes that are never called, so that nothing is compiled in vain.
        let probe = Linker::new(isa.clone()).assembled("probe", vec![0; 16]);
        match probe.and_then(|_| Self::with(isa.clone(), Linker::new(isa))) {
            Err(JitError::Memory(_)) => Ok(None),
            generator => generator.map(Some),
        }
    }

    fn with(isa: OwnedTargetIsa, linker: Linker) -> Result<Self, JitError> {
        let counters = Arc::clone(linker.counters());
        let linker = IdleLinker(thread::number(), OnStack::new(|| linker).map_err(JitError::memory)?);
        let linkers = Lock::new(vec![linker]);
        Ok(Self { isa, compilers: Lock::default(), linkers, counters, shims: OnceMap::new() })
    }

    /// A generator that can compile but has no place for code.
    #[cfg(test)]
    pub(crate) fn without_memory() -> Self {
        let isa = host_isa().unwrap();
        Self::with(isa.clone(), Linker::without_memory(isa)).unwrap()
    }

    /// From now on there is no place for more code.
    #[cfg(test)]
    pub(crate) fn lose_memory(&self) {
        for IdleLinker(_, linker) in self.linkers.hold().iter_mut() {
            linker.run(|linker| *linker = Linker::without_memory(self.isa.clone()));
        }
    }

    /// Compiles a function, and the shim that its call goes through.
    pub(crate) fn compile(
        &self,
        no_fork: &HoldOff,
        body: &impl Body,
    ) -> Result<(Compiled, Option<Arc<Code>>), JitError> {
        let shim = body.call().and_then(|call| call.shim).map(|shim| self.shim(no_fork, shim)).transpose()?;
        let idle = self.compilers.lock(no_fork).pop();
        // A compiler that panics is not used again.
        let new = || OnStack::new(|| Compiler::new(self.isa.clone())).map_err(JitError::memory);
        let mut compiler = idle.map_or_else(new, Ok)?;
        let compiled = compiler.run(|compiler| compiler.compile(body, shim.as_deref().map(Code::entry)));
        self.compilers.lock(no_fork).push(compiler);
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
        self.with_linker(no_fork, |linker| linker.link(name, compiled, shim))
    }

    /// Works with a linker that no other thread uses meanwhile. One that panics is not used again.
    fn with_linker(
        &self,
        no_fork: &HoldOff,
        work: impl FnOnce(&mut Linker) -> Result<Code, JitError>,
    ) -> Result<Code, JitError> {
        let number = thread::number();
        let idle = {
            let mut idle = self.linkers.lock(no_fork);
            let own = idle.iter().position(|IdleLinker(user, _)| *user == number);
            own.map(|own| idle.swap_remove(own)).or_else(|| idle.pop())
        };
        let new = || {
            let linker = || Linker::counted(self.isa.clone(), Arc::clone(&self.counters));
            OnStack::new(linker).map_err(JitError::memory)
        };
        let mut linker = idle.map_or_else(new, |IdleLinker(_, linker)| Ok(linker))?;
        let code = linker.run(work);
        self.linkers.lock(no_fork).push(IdleLinker(number, linker));
        code
    }

    fn shim(&self, no_fork: &HoldOff, shim: Shim) -> Result<Arc<Code>, JitError> {
        let make = || self.with_linker(no_fork, |linker| linker.assembled("shim", shim.code()));
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
        let (compiled, shim) = match key.assembled() {
            Some(assembled) => (assembled, None),
            None => generator.compile(no_fork, &key.body()?)?,
        };
        generator.link(no_fork, name, &compiled, shim)
    });
    match generated {
        None | Some(Err(JitError::Memory(_))) => Ok(None),
        Some(code) => code.map(Some),
    }
}
