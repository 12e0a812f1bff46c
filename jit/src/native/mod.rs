//! Native functions, which an engine calls itself: those of the `values` entry, and in [`typed`] those of its compiled code.

mod interpreter;
mod typed;

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::{Arc, OnceLock};

use crate::abi::Abi;
use crate::cache::Jit;
use crate::debug::Name;
use crate::error::JitError;
use crate::fork;
use crate::generator::{Code, ContextPlace};
use crate::pool::StubPool;
use crate::shape::{CallbackPlan, Shape, ValuesPlan};
use crate::shared::{Life, Shared};
use crate::signature::Signature;
use crate::stub::{Handler, Retired, Stub};
use crate::thunk::{Thunk, Use};
use crate::universal::incoming::Incoming;
use crate::values::{EngineAbi, Pending, RecordHead};
use interpreter::{Gone, Interpreter};
pub use typed::{Typed, TypedNative};
use typed::{TypedCode, TypedKey};

/// The native functions that a [`Jit`] has made for engines, shared by model and shape.
pub struct Natives {
    jit: &'static Jit,
    values: Shared<ValuesKey, ValuesCode>,
    interpreted: Shared<EngineAbi, Interpreted>,
    typed: Shared<TypedKey, TypedCode>,
}

/// Functions with more parameters are interpreted: each takes some 60 µs to compile, and more the more there are.
const MAX_COMPILED: usize = 32;

/// What calls functions of one shape for engines of one model. Cloning is cheap.
#[derive(Clone)]
pub struct Values(Arc<ValuesCode>);

/// What the values trampolines of a shape are shared by: the model is compared by what it says.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ValuesKey {
    engine: EngineAbi,
    shape: Shape,
}

/// The functions of a shape.
struct ValuesCode {
    interpreter: Interpreter,
    entry: Entry,
}

/// What the engine calls.
enum Entry {
    /// The engine passes the record, so that all functions of the shape are one.
    Compiled(Code),
    /// The same, for all shapes of a model: the stub leads to the interpreter.
    Interpreted(Arc<Interpreted>),
    /// Each function has a stub, which passes the record.
    Stubs(Stubs),
}

/// Where the stubs of a shape's functions come from.
#[derive(Clone, Copy)]
struct Stubs {
    thunk: &'static Thunk,
    /// What they lead to without a function.
    gone: &'static Retired,
}

/// The universal function of a model.
struct Interpreted {
    stub: Stub,
    /// What the stub is one of, which is static: named here for tools that look for lost memory.
    _thunk: &'static Thunk,
}

/// A native function: an address that an engine calls with a record.
pub struct Native {
    entry: *const c_void,
    stub: Option<(Stub, Stubs)>,
    /// Keeps the code, and what interprets it.
    _values: Values,
}

// SAFETY: the address is that of code; a stub may be given back on any thread.
unsafe impl Send for Native {}
// SAFETY: the address is that of code; a shared stub is not changed.
unsafe impl Sync for Native {}

impl Natives {
    /// None yet.
    pub fn new(jit: &'static Jit) -> Self {
        Self { jit, values: Shared::new(), interpreted: Shared::new(), typed: Shared::new() }
    }

    /// Those that the process shares.
    ///
    /// # Errors
    ///
    /// As for [`Jit::new`].
    pub fn shared() -> Result<&'static Self, JitError> {
        static SHARED: OnceLock<Natives> = OnceLock::new();
        if let Some(natives) = SHARED.get() {
            return Ok(natives);
        }
        let _no_fork = fork::hold_off();
        let jit = Jit::shared()?;
        Ok(SHARED.get_or_init(|| Self::new(jit)))
    }

    /// How many shapes have code.
    pub fn count(&self) -> usize {
        let _no_fork = fork::hold_off();
        self.values.live().len() + self.typed.live().len()
    }

    /// The native function for engines of this model and functions of this signature, made unless there is one of the same
    /// shape.
    ///
    /// # Errors
    ///
    /// As for [`Jit::slots`]; the model's native function exceeds a limit.
    pub fn values(&self, signature: &Signature, engine: &EngineAbi) -> Result<Values, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = ValuesPlan::of(signature, abi.plan(signature)?);
        let key = ValuesKey { engine: engine.clone(), shape: Shape::values(abi, &plan) };
        let _no_fork = fork::hold_off();
        // What is behind stubs is never freed, as thunks are not.
        let life = if engine.model().passes_data() { Life::Used } else { Life::Kept };
        let make = || {
            let interpreter = Interpreter::new(signature, engine, self.jit);
            if self.jit.generator().is_none() {
                // Before anything is made that is never freed.
                interpreter.slots()?;
            }
            let entry = self.entry(abi, signature, &plan, engine)?;
            if !entry.is_compiled() {
                // All its calls need them.
                interpreter.slots()?;
            }
            Ok(ValuesCode { interpreter, entry })
        };
        self.values.get_or_make(key, life, make).map(Values)
    }

    fn entry(&self, abi: Abi, signature: &Signature, plan: &ValuesPlan, engine: &EngineAbi) -> Result<Entry, JitError> {
        let (name, interpret) = (Name::values(signature), interpreter::interpret as *const u8);
        let short = plan.params.len() <= MAX_COMPILED;
        let generator = self.jit.generator().filter(|_| short);
        let generated = generator.map(|generator| generator.values(&name, abi, plan, engine, interpret));
        let code = match generated {
            None | Some(Err(JitError::Memory(_))) => None,
            Some(code) => Some(code?),
        };
        Ok(match code {
            Some((code, None)) => Entry::Compiled(code),
            Some((code, Some(place))) => Entry::Stubs(Stubs::new(abi, engine, Some((code, place)))?),
            None if engine.model().passes_data() => Entry::Interpreted(self.interpreted(abi, engine)?),
            None => Entry::Stubs(Stubs::new(abi, engine, None)?),
        })
    }

    /// The function of all shapes for engines that pass the record.
    fn interpreted(&self, abi: Abi, engine: &EngineAbi) -> Result<Arc<Interpreted>, JitError> {
        let make = || {
            let thunk = native_thunk(abi, engine, None)?;
            let stub = thunk.stubs(Use::Plain).take()?;
            // The stub, which is never given back, keeps the description.
            let engine: &'static EngineAbi = Box::leak(Box::new(engine.clone()));
            // SAFETY: the handler gets it, and calls of the model's native function.
            unsafe { stub.bind(interpreter::with_data, ptr::from_ref(engine).cast_mut().cast()) };
            Ok(Interpreted { stub, _thunk: thunk })
        };
        self.interpreted.get_or_make(engine.clone(), Life::Kept, make)
    }
}

impl Entry {
    fn is_compiled(&self) -> bool {
        match self {
            Self::Compiled(_) => true,
            Self::Interpreted(_) => false,
            Self::Stubs(stubs) => !stubs.thunk.code().is_empty(),
        }
    }
}

impl Stubs {
    fn new(abi: Abi, engine: &EngineAbi, code: Option<(Code, ContextPlace)>) -> Result<Self, JitError> {
        Ok(Self { thunk: native_thunk(abi, engine, code)?, gone: Gone::leak(engine) })
    }

    fn pool(self) -> &'static StubPool {
        self.thunk.stubs(Use::Plain)
    }
}

/// A thunk for the model's native function.
fn native_thunk(abi: Abi, engine: &EngineAbi, code: Option<(Code, ContextPlace)>) -> Result<&'static Thunk, JitError> {
    let native = &engine.model().native;
    let callback = CallbackPlan::of(native, abi.plan(native)?);
    let universal = Box::leak(Box::new(Incoming::of(&callback)));
    Ok(Box::leak(Box::new(Thunk::new(&callback.plan, code, universal))))
}

impl Values {
    /// What calls of a function of this shape read: its address, and the cell that says whether an exception is pending.
    ///
    /// # Safety
    ///
    /// * The target is a function of the signature that these values were made for.
    /// * The cell lives as long as the record is used.
    pub unsafe fn record(&self, target: *const c_void, pending: *const Pending) -> RecordHead {
        RecordHead::new(target, pending, (&raw const self.0.interpreter).cast())
    }

    /// The address that an engine calls with this record: as the pointer that the function was registered with, where the
    /// engine passes one, or else by itself.
    ///
    /// # Errors
    ///
    /// There is no memory for an address of the function's own.
    ///
    /// # Safety
    ///
    /// * The record was made by [`Values::record`] of these values.
    /// * It stays where it is until the native function is dropped, which is called no more then.
    pub unsafe fn bind(&self, record: *const RecordHead) -> Result<Native, JitError> {
        let (entry, stub) = match &self.0.entry {
            Entry::Compiled(code) => (code.entry().cast(), None),
            Entry::Interpreted(interpreted) => (interpreted.stub.entry(), None),
            Entry::Stubs(stubs) => {
                let stub = stubs.pool().take()?;
                // SAFETY: the stub is ours; code finds the record where the handler's context is.
                unsafe { stub.bind(interpreter::with_record as Handler, record.cast_mut().cast()) };
                (stub.entry(), Some((stub, *stubs)))
            }
        };
        Ok(Native { entry, stub, _values: self.clone() })
    }

    /// The machine code, none of which is generated where calls are interpreted.
    pub fn code(&self) -> &[u8] {
        match &self.0.entry {
            Entry::Compiled(code) => code.bytes(),
            Entry::Interpreted(_) => &[],
            Entry::Stubs(stubs) => stubs.thunk.code(),
        }
    }
}

impl Native {
    /// What the engine calls.
    pub const fn entry(&self) -> *const c_void {
        self.entry
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        if let Some((stub, stubs)) = self.stub.take() {
            // An engine that calls it all the same gets what stands for an exception: zeros may be no value of it.
            stub.retire_to(stubs.gone);
            // SAFETY: the stub came from this pool and is retired, and this was its holder; the engine calls it no more.
            unsafe { stubs.pool().free(stub) };
        }
    }
}

impl fmt::Debug for Natives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Natives").finish_non_exhaustive()
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("code", &self.code().len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Native({:p})", self.entry)
    }
}
