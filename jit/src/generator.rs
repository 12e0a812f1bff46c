//! The code generator: plans to code in its place, and tables of stubs.

use std::io;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use crate::abi::Abi;
use crate::compile::{Compiled, Compiler};
use crate::error::JitError;
use crate::lower::callback::Incoming;
use crate::lower::shim::Shim;
use crate::lower::signature::Outgoing;
use crate::memory::Linker;
use crate::memory::stubs::Fresh;
use crate::plan::Plan;
use crate::shape::{CallbackPlan, Options};
use crate::shared::Shared;
use crate::universal::stubs::StubData;

pub(crate) use crate::lower::stub::ContextPlace;
pub(crate) use crate::memory::Code;

/// The compiler, and the memory that it fills.
pub(crate) struct Generator {
    compiler: Compiler,
    linker: Linker,
    shims: Shared<Shim, Code>,
}

impl Generator {
    /// A generator, in builds that have one.
    pub(crate) fn new() -> Result<Option<Self>, JitError> {
        let compiler = Compiler::new()?;
        let linker = Linker::new(compiler.isa().clone());
        Ok(Some(Self { compiler, linker, shims: Shared::new() }))
    }

    /// One that can compile, and has nowhere to put code.
    #[cfg(test)]
    pub(crate) fn without_memory() -> Self {
        let compiler = Compiler::new().unwrap();
        let linker = Linker::without_memory(compiler.isa().clone());
        Self { compiler, linker, shims: Shared::new() }
    }

    /// The `slots` trampoline of a plan that is normalised for it.
    pub(crate) fn slots(&mut self, abi: Abi, plan: &Plan, options: Options) -> Result<Code, JitError> {
        let Self { compiler, linker, shims } = self;
        let outgoing = Outgoing::of(abi, plan);
        let shim = match outgoing.shim {
            None => None,
            Some(shim) => Some(shims.get_or_make(shim, || linker.link(&Compiled::assembled(shim.code()), None))?),
        };
        let compiled = compiler.slots(plan, &outgoing, options, shim.as_deref().map(Code::entry))?;
        linker.link(&compiled, shim)
    }

    /// A thunk, and where it finds its context.
    pub(crate) fn thunk(&mut self, abi: Abi, callback: &CallbackPlan) -> Result<(Code, ContextPlace), JitError> {
        let incoming = Incoming::of(abi, callback);
        let code = self.linker.link(&self.compiler.thunk(&incoming)?, None)?;
        Ok((code, incoming.context))
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
