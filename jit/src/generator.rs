//! The code generator: plans to code in its place, and tables of stubs.

use std::io;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cranelift_codegen::isa::OwnedTargetIsa;

use crate::abi::Abi;
use crate::compile::{self, Compiled, Compiler, Hole};
use crate::debug::Name;
use crate::error::JitError;
use crate::lower::callback::Incoming;
use crate::lower::shim::Shim;
use crate::lower::signature::Outgoing;
use crate::lower::slots;
use crate::lower::typed::{self, tail::Tail};
use crate::lower::values::{self, Native};
use crate::memory::Linker;
use crate::memory::stubs::Fresh;
use crate::plan::Plan;
use crate::shape::{CallbackPlan, Options, TypedPlan, ValuesPlan};
use crate::shared::{Life, Shared};
use crate::typed::{Helpers, Needs, TypedModel};
use crate::universal::stubs::StubData;
use crate::values::{EngineAbi, RecordHead};

pub(crate) use crate::lower::stub::ContextPlace;
pub(crate) use crate::memory::{Code, Counters};

/// Compilers, and the memory that they fill. Threads compile at the same time; putting code in its place they do in turn.
pub(crate) struct Generator {
    isa: OwnedTargetIsa,
    /// Those that nobody uses now, with their buffers.
    compilers: Mutex<Vec<Compiler>>,
    linker: Mutex<Linker>,
    counters: Arc<Counters>,
    shims: Shared<Shim, Code>,
}

/// Code that every record has a copy of.
pub(crate) struct Template {
    compiled: Compiled,
    shim: Option<Arc<Code>>,
    /// Where the code refuses the call, if it jumps to whatever is the record's target.
    closed: Option<usize>,
    /// What the code refers to.
    _needs: Box<Needs>,
}

impl Template {
    /// The machine code, with zeros for the record's address.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.compiled.bytes
    }
}

impl Generator {
    /// A generator, in builds that have one and where the system gives memory for code.
    pub(crate) fn new() -> Result<Option<Self>, JitError> {
        let isa = compile::host_isa()?;
        // Tried with what is never called, so that nothing is compiled for nothing.
        match Linker::new(isa.clone()).assembled("probe", vec![0; 16]) {
            Err(JitError::Memory(_)) => Ok(None),
            Err(error) => Err(error),
            Ok(_) => Ok(Some(Self::with(isa.clone(), Linker::new(isa)))),
        }
    }

    fn with(isa: OwnedTargetIsa, linker: Linker) -> Self {
        let (counters, compilers) = (Arc::clone(linker.counters()), Mutex::default());
        Self { isa, compilers, linker: Mutex::new(linker), counters, shims: Shared::new() }
    }

    /// One that can compile, and has nowhere to put code.
    #[cfg(test)]
    pub(crate) fn without_memory() -> Self {
        let isa = compile::host_isa().unwrap();
        Self::with(isa.clone(), Linker::without_memory(isa))
    }

    /// The `slots` trampoline of a plan that is normalised for it.
    pub(crate) fn slots(&self, name: &Name, abi: Abi, plan: &Plan, options: Options) -> Result<Code, JitError> {
        let outgoing = Outgoing::of(abi, plan, slots::BUSY);
        let shim = self.shim(&outgoing)?;
        let entry = shim.as_deref().map(Code::entry);
        let compiled = self.compile(|compiler| compiler.slots(plan, &outgoing, options, entry))?;
        self.linker().link(name, &compiled, shim)
    }

    /// The `values` trampoline of a plan, and where it finds its record if no parameter brings that.
    pub(crate) fn values(
        &self,
        name: &Name,
        abi: Abi,
        plan: &ValuesPlan,
        engine: &EngineAbi,
        interpret: *const u8,
    ) -> Result<(Code, Option<ContextPlace>), JitError> {
        let native = Native::of(abi, plan, engine, interpret)?;
        let outgoing = Outgoing::of(abi, &plan.plan, values::BUSY);
        let shim = self.shim(&outgoing)?;
        let entry = shim.as_deref().map(Code::entry);
        let compiled = self.compile(|compiler| compiler.values(&native, &outgoing, entry))?;
        Ok((self.linker().link(name, &compiled, shim)?, native.context))
    }

    /// A native function of the `typed` entry, as a template.
    pub(crate) fn typed(
        &self,
        abi: Abi,
        plan: &TypedPlan,
        model: &TypedModel,
        helpers: Helpers,
    ) -> Result<Template, JitError> {
        let needs = Box::new(Needs::of(model, helpers, plan));
        let native = typed::Native::of(abi, plan, model, &needs)?;
        if let Some(Tail { compiled, closed }) = typed::tail::assemble(&native) {
            return Ok(Template { compiled, shim: None, closed: Some(closed), _needs: needs });
        }
        let outgoing = Outgoing::of(abi, &plan.plan, typed::BUSY);
        let shim = self.shim(&outgoing)?;
        let entry = shim.as_deref().map(Code::entry);
        let compiled = self.compile(|compiler| compiler.typed(&native, &outgoing, entry))?;
        Ok(Template { compiled, shim, closed: None, _needs: needs })
    }

    /// The code of a template for one record, which learns from it what a closed target is.
    ///
    /// # Safety
    ///
    /// The record can be read, and nobody else uses it yet.
    pub(crate) unsafe fn copy(
        &self,
        name: &Name,
        template: &Template,
        record: *const RecordHead,
    ) -> Result<Code, JitError> {
        let compiled = template.compiled.filled(|hole| match hole {
            Hole::Record => record as u64,
            // SAFETY: the caller vouches for the record.
            Hole::Pending => unsafe { (*record).pending() as u64 },
        });
        let code = self.linker().link(name, &compiled, template.shim.clone())?;
        if let Some(closed) = template.closed {
            // SAFETY: the caller vouches for the record.
            unsafe { (*record).set_closed(code.entry().wrapping_add(closed).cast()) };
        }
        Ok(code)
    }

    fn shim(&self, outgoing: &Outgoing) -> Result<Option<Arc<Code>>, JitError> {
        let make = |shim: Shim| self.linker().assembled("shim", shim.code());
        outgoing.shim.map(|shim| self.shims.get_or_make(shim, Life::Used, || make(shim))).transpose()
    }

    /// A thunk, and where it finds its context.
    pub(crate) fn thunk(
        &self,
        name: &Name,
        abi: Abi,
        callback: &CallbackPlan,
    ) -> Result<(Code, ContextPlace), JitError> {
        let incoming = Incoming::of(abi, callback);
        let compiled = self.compile(|compiler| compiler.thunk(&incoming))?;
        Ok((self.linker().link(name, &compiled, None)?, incoming.context))
    }

    /// What there is of the code.
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Compiles on this thread. A compiler that panicked is not used again.
    fn compile(&self, compile: impl FnOnce(&mut Compiler) -> Result<Compiled, JitError>) -> Result<Compiled, JitError> {
        let compilers = || self.compilers.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = compilers().pop();
        let mut compiler = idle.unwrap_or_else(|| Compiler::new(self.isa.clone()));
        let compiled = compile(&mut compiler);
        compilers().push(compiler);
        compiled
    }

    /// A panic while linking lost the chunk that was being filled, and nothing else.
    fn linker(&self) -> MutexGuard<'_, Linker> {
        self.linker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes up to `len` stubs, one at least.
pub(crate) fn stubs(place: ContextPlace, len: usize) -> io::Result<Vec<(NonNull<u8>, &'static StubData)>> {
    /// The tables that stubs come from, for all thunks of the process: one for each place.
    static TABLES: Mutex<Vec<(ContextPlace, Fresh)>> = Mutex::new(Vec::new());
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let index = tables.iter().position(|(of, _)| *of == place).unwrap_or_else(|| {
        tables.push((place, Fresh::none()));
        tables.len() - 1
    });
    let table = &mut tables[index].1;
    if table.is_empty() {
        *table = table.next_table(place)?;
    }
    Ok(std::iter::from_fn(|| table.next()).take(len).collect())
}
