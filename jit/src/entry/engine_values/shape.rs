//! Shapes of native functions. A shape begins without code: its calls are interpreted. It is compiled after as many calls
//! as pay for it, or when that is asked for.
//!
//! Engines keep the addresses of functions. So the address that an engine gets before the shape is compiled is one that
//! can be led to other code: the stub of a function, or a [`Switch`] for the whole shape.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::code::generator::{self, Generator};
use crate::code::linker::Code;
use crate::convention::abi::Abi;
use crate::debug::name::Name;
use crate::engine::values::model::EngineAbi;
use crate::entry::callback::thunk::ThunkCode;
use crate::entry::engine_values::interpreter::Interpreter;
use crate::entry::engine_values::key::EngineValuesKey;
use crate::entry::engine_values::policy::{CompilePolicy, Job};
use crate::entry::engine_values::readers::Readers;
use crate::entry::engine_values::uncompiled::{Addresses, Uncompiled};
use crate::error::JitError;
use crate::lock::{Once, hold_off};
use crate::os::fork;
use crate::stubs::cell::RetiredCell;
use crate::stubs::switch::Switch;

/// The functions of one shape for engines of one model.
pub(crate) struct Shape {
    pub(crate) interpreter: Interpreter,
    pub(crate) entry: ShapeEntry,
    /// The code that the shape's code calls. Declared after the shape's code, so that it is dropped later.
    callees: Once<Vec<Arc<Code>>>,
    /// The readers of the model.
    readers: Arc<Readers>,
    /// Compiles the shape. `None` if its calls are always interpreted.
    generator: Option<Arc<Generator>>,
    /// The number of interpreted calls that holders have told of. Threads may lose each other's counts,
    /// which only delays compiling.
    calls: AtomicU32,
    /// The generation of the process in which a call has asked for code; 0 if none has. In a forked child the thread
    /// that was to compile is missing.
    asked_in: AtomicUsize,
}

/// The code that the engine calls.
pub(crate) enum ShapeEntry {
    /// One function for the whole shape, because the engine passes the record.
    Shared(SharedEntry),
    /// A stub for each function, which passes the record.
    Stubs(ShapeStubs),
}

/// The function of a shape whose records the engine passes.
pub(crate) struct SharedEntry {
    code: Once<Code>,
    /// The address until there is code, and of those that have got it by then. `None` if the shape is never compiled.
    switch: Option<Switch>,
    uncompiled: Arc<Uncompiled>,
}

/// The source of the stubs of a shape's functions.
#[derive(Clone, Copy)]
pub(crate) struct ShapeStubs {
    pub(crate) thunk: &'static ThunkCode,
    /// The cell of stubs without a function.
    pub(crate) dropped: &'static RetiredCell,
}

impl Shape {
    /// Makes a shape without code. `uncompiled` is the native function of the model.
    pub(crate) fn new(
        abi: Abi,
        engine: &EngineAbi,
        interpreter: Interpreter,
        generator: Option<Arc<Generator>>,
        uncompiled: Arc<Uncompiled>,
    ) -> Result<Self, JitError> {
        let signature = interpreter.signature();
        let key = EngineValuesKey::of(abi, signature, abi.plan(signature)?, engine, interpreter.destination());
        let is_short = !key.is_too_long();
        let generator = generator.filter(|_| is_short && uncompiled.is_generated());
        let readers = Arc::clone(&uncompiled.readers);
        let entry = match &uncompiled.addresses {
            Addresses::One(stub) => {
                let switch = generator.as_ref().and_then(|_| Switch::to(stub.entry().cast()).ok());
                ShapeEntry::Shared(SharedEntry { code: Once::new(), switch, uncompiled })
            }
            Addresses::Many { dropped } => {
                ShapeEntry::Stubs(ShapeStubs { thunk: uncompiled.thunk_of_shape(abi, engine)?, dropped })
            }
        };
        // Without a switch no code could reach the functions that the engine knows by then.
        let generator = generator.filter(|_| entry.may_lead_elsewhere());
        if generator.is_none() {
            // Every call needs the trampoline.
            interpreter.trampoline()?;
        }
        let callees = Once::new();
        Ok(Self {
            interpreter,
            entry,
            callees,
            readers,
            generator,
            calls: AtomicU32::new(0),
            asked_in: AtomicUsize::new(0),
        })
    }

    /// Compiles the shape, if it has no code and the system gives memory for it. Another thread may be compiling it
    /// meanwhile: the code that is made first is used.
    pub(crate) fn compile(&self) -> Result<(), JitError> {
        let Some(generator) = self.generator.as_deref().filter(|_| self.entry.code().is_empty()) else { return Ok(()) };
        let (signature, engine) = (self.interpreter.signature(), self.interpreter.engine());
        let abi = Abi::host().ok_or(JitError::Host)?;
        let key = EngineValuesKey::of(abi, signature, abi.plan(signature)?, engine, self.interpreter.destination());
        let no_fork = hold_off();
        let Some(function) = self.readers.with_function(&no_fork, generator, &key)? else { return Ok(()) };
        let name = Name::new("engine values", signature);
        if let Some(code) = generator::make(&no_fork, Some(generator), &name, &function)? {
            // Other threads that compile the shape meanwhile have the same readers, because they live as long as one has
            // them.
            self.callees.get_or_init(|| function.callees);
            // SAFETY: the code has the key of this shape.
            unsafe { self.entry.lead_to(code) };
        }
        Ok(())
    }

    /// Returns the number of arguments that the engine passes.
    pub(crate) fn arity(&self) -> usize {
        self.interpreter.arity()
    }

    /// Returns the number of interpreted calls that holders have told of. `None` if the shape is never compiled.
    pub(crate) fn calls(&self) -> Option<u32> {
        self.generator.as_ref().map(|_| self.calls.load(Ordering::Relaxed))
    }

    /// Adds interpreted calls.
    pub(crate) fn add_calls(&self, calls: u32) {
        if calls > 0 {
            self.calls.store(self.calls.load(Ordering::Relaxed).saturating_add(calls), Ordering::Relaxed);
        }
    }

    /// Asks for code, unless a call has done so in this process.
    #[cold]
    pub(crate) fn ask(this: &Arc<Self>, policy: &CompilePolicy) {
        let (asked_in, generation) = (this.asked_in.load(Ordering::Relaxed), fork::current_generation());
        let is_first = asked_in != generation
            && this.asked_in.compare_exchange(asked_in, generation, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_first && this.entry.code().is_empty() {
            policy.give(Box::new(ShapeJob { shape: Arc::clone(this), is_done: false }));
        }
    }
}

/// The work that a call asks for.
struct ShapeJob {
    shape: Arc<Shape>,
    is_done: bool,
}

impl Job for ShapeJob {
    fn run(mut self: Box<Self>) {
        self.is_done = true;
        // A call of the engine waits for this, and its frames may not let a panic pass. If the system refuses memory, or
        // the compiler fails, calls stay interpreted.
        catch_unwind(AssertUnwindSafe(|| self.shape.compile().ok())).ok();
    }
}

impl Drop for ShapeJob {
    fn drop(&mut self) {
        if !self.is_done {
            // Another call may ask, after as many calls.
            self.shape.calls.store(0, Ordering::Relaxed);
            self.shape.asked_in.store(0, Ordering::Relaxed);
        }
    }
}

impl ShapeEntry {
    /// Returns the machine code. It is empty if calls are interpreted.
    pub(crate) fn code(&self) -> &[u8] {
        match self {
            Self::Shared(shared) => shared.code.get().map_or(&[], Code::bytes),
            Self::Stubs(stubs) => stubs.thunk.code(),
        }
    }

    const fn may_lead_elsewhere(&self) -> bool {
        match self {
            Self::Shared(shared) => shared.switch.is_some(),
            Self::Stubs(_) => true,
        }
    }

    /// Leads the functions of the shape to this code, unless they have code already.
    ///
    /// # Safety
    ///
    /// The code has the key of the shape.
    unsafe fn lead_to(&self, code: Code) {
        match self {
            Self::Shared(shared) => {
                let entry = shared.code.get_or_init(|| code).entry();
                shared.switch.iter().for_each(|switch| switch.lead_to(entry));
            }
            // SAFETY: the caller promises that the code has the key of the shape, and so that of its stubs.
            Self::Stubs(stubs) => unsafe { stubs.thunk.lead_to(code) },
        }
    }
}

impl SharedEntry {
    /// Returns the address for the engine. Functions that get it once there is code have the address of the code.
    pub(crate) fn address(&self) -> *const c_void {
        let switch = || self.switch.as_ref().map(Switch::entry);
        let direct = self.code.get().map(Code::entry).or_else(switch).map(<*const u8>::cast);
        direct.or_else(|| self.uncompiled.entry()).unwrap_or_default()
    }
}
