//! Native functions, which an engine calls itself with its own values.

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use crate::c::definitions::Signature;
use crate::code::generator::{self, Generator};
use crate::code::linker::Code;
use crate::convention::abi::Abi;
use crate::debug::name::Name;
use crate::engine::record::{Pending, RecordHead};
use crate::engine::values::model::EngineAbi;
use crate::entry::callback::key::CallbackKey;
use crate::entry::callback::thunk::{ThunkCode, Use};
use crate::entry::engine_values::interpreter::{self, DroppedFunction, Interpreter};
use crate::entry::engine_values::key::EngineValuesKey;
use crate::entry::slots::trampoline::Trampolines;
use crate::error::JitError;
use crate::lock::HoldOff;
use crate::stubs::cell::{Handler, RetiredCell, Stub};
use crate::stubs::pool::StubPool;

/// Functions with more parameters are interpreted: each takes some 60 µs to compile, and more the more there are.
const MAX_COMPILED: usize = 32;

/// The native functions of one shape for engines of one model. Cloning is cheap.
#[derive(Clone)]
pub struct EngineValues(Arc<EngineValuesCode>);

/// The functions of a shape.
pub(crate) struct EngineValuesCode {
    interpreter: Interpreter,
    entry: EngineEntry,
}

/// What the engine calls.
enum EngineEntry {
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
    thunk: &'static ThunkCode,
    /// What they lead to without a function.
    dropped: &'static RetiredCell,
}

/// The universal function of a model.
pub(crate) struct Interpreted {
    stub: Stub,
    /// What the stub is one of, which is static: named here for tools that look for lost memory.
    _thunk: &'static ThunkCode,
}

/// A native function: an address that an engine calls with a record.
pub struct EngineFunction {
    entry: *const c_void,
    stub: Option<(Stub, Stubs)>,
    /// Keeps the code, and what interprets it.
    _code: EngineValues,
}

// SAFETY: the address is that of code; a stub may be given back on any thread.
unsafe impl Send for EngineFunction {}
// SAFETY: the address is that of code; a shared stub is not changed.
unsafe impl Sync for EngineFunction {}

impl EngineValuesCode {
    /// The code of a key. `interpreted` gives the function of all shapes, for engines that pass the record.
    pub(crate) fn new(
        no_fork: &HoldOff,
        generator: Option<&Generator>,
        trampolines: &'static Trampolines,
        signature: &Signature,
        key: &EngineValuesKey,
        interpreted: impl FnOnce() -> Result<Arc<Interpreted>, JitError>,
    ) -> Result<Self, JitError> {
        let interpreter = Interpreter::new(signature, &key.engine, trampolines);
        if generator.is_none() {
            // Before anything is made that is never freed.
            interpreter.trampoline()?;
        }
        let short = key.params.len() <= MAX_COMPILED;
        let code = generator::make(no_fork, generator.filter(|_| short), &Name::new("engine values", signature), key)?;
        let entry = match code {
            Some(code) if key.engine.model().passes_data() => EngineEntry::Compiled(code),
            None if key.engine.model().passes_data() => EngineEntry::Interpreted(interpreted()?),
            code => EngineEntry::Stubs(Stubs::new(key.abi, &key.engine, code)?),
        };
        if !entry.is_compiled() {
            // All its calls need them.
            interpreter.trampoline()?;
        }
        Ok(Self { interpreter, entry })
    }
}

impl Interpreted {
    /// The function of all shapes, for engines that pass the record.
    pub(crate) fn new(abi: Abi, engine: &EngineAbi) -> Result<Self, JitError> {
        let thunk = native_thunk(abi, engine, None)?;
        let stub = thunk.stubs(Use::Plain).take()?;
        // The stub, which is never given back, keeps the description.
        let engine: &'static EngineAbi = Box::leak(Box::new(engine.clone()));
        // SAFETY: the handler gets it, and calls of the model's native function.
        unsafe { stub.bind(interpreter::with_data, ptr::from_ref(engine).cast_mut().cast()) };
        Ok(Self { stub, _thunk: thunk })
    }
}

impl EngineEntry {
    fn is_compiled(&self) -> bool {
        match self {
            Self::Compiled(_) => true,
            Self::Interpreted(_) => false,
            Self::Stubs(stubs) => !stubs.thunk.code().is_empty(),
        }
    }
}

impl Stubs {
    fn new(abi: Abi, engine: &EngineAbi, code: Option<Code>) -> Result<Self, JitError> {
        Ok(Self { thunk: native_thunk(abi, engine, code)?, dropped: DroppedFunction::leak(engine) })
    }

    fn pool(self) -> &'static StubPool {
        self.thunk.stubs(Use::Plain)
    }
}

/// A thunk for the model's native function.
fn native_thunk(abi: Abi, engine: &EngineAbi, code: Option<Code>) -> Result<&'static ThunkCode, JitError> {
    let native = &engine.model().native;
    ThunkCode::leak(&CallbackKey::of(abi, native, abi.plan(native)?), code)
}

impl From<Arc<EngineValuesCode>> for EngineValues {
    fn from(code: Arc<EngineValuesCode>) -> Self {
        Self(code)
    }
}

impl EngineValues {
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
    /// * The record was made by [`EngineValues::record`] of these values.
    /// * It stays where it is until the native function is dropped, which is called no more then.
    pub unsafe fn bind(&self, record: *const RecordHead) -> Result<EngineFunction, JitError> {
        let (entry, stub) = match &self.0.entry {
            EngineEntry::Compiled(code) => (code.entry().cast(), None),
            EngineEntry::Interpreted(interpreted) => (interpreted.stub.entry(), None),
            EngineEntry::Stubs(stubs) => {
                let stub = stubs.pool().take()?;
                // SAFETY: the stub is ours; code finds the record where the handler's context is.
                unsafe { stub.bind(interpreter::with_record as Handler, record.cast_mut().cast()) };
                (stub.entry(), Some((stub, *stubs)))
            }
        };
        Ok(EngineFunction { entry, stub, _code: self.clone() })
    }

    /// The machine code, none of which is generated where calls are interpreted.
    pub fn code(&self) -> &[u8] {
        match &self.0.entry {
            EngineEntry::Compiled(code) => code.bytes(),
            EngineEntry::Interpreted(_) => &[],
            EngineEntry::Stubs(stubs) => stubs.thunk.code(),
        }
    }
}

impl EngineFunction {
    /// What the engine calls.
    pub const fn entry(&self) -> *const c_void {
        self.entry
    }
}

impl Drop for EngineFunction {
    fn drop(&mut self) {
        if let Some((stub, stubs)) = self.stub.take() {
            // An engine that calls it all the same gets what stands for an exception: zeros may be no value of it.
            stub.retire_to(stubs.dropped);
            // SAFETY: the stub came from this pool and is retired, and this was its holder; the engine calls it no more.
            unsafe { stubs.pool().free(stub) };
        }
    }
}

impl fmt::Debug for EngineValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineValues").field("code", &self.code().len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for EngineFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EngineFunction({:p})", self.entry)
    }
}
