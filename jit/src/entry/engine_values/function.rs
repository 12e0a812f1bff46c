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
use crate::engine::pins::MAX_PINNED;
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

/// The largest number of parameters of a compiled function. Functions with more are interpreted. Each parameter takes
/// some 60 µs to compile, and more in longer signatures.
const MAX_COMPILED: usize = 32;

const _: () = assert!(MAX_COMPILED <= MAX_PINNED);

/// The native functions of one shape for engines of one model. Cloning is cheap.
#[derive(Clone)]
pub struct EngineValues(Arc<EngineValuesCode>);

/// The functions of a shape.
pub(crate) struct EngineValuesCode {
    interpreter: Interpreter,
    entry: EngineEntry,
}

/// The code that the engine calls.
enum EngineEntry {
    /// One function for the whole shape, because the engine passes the record.
    Compiled(Code),
    /// One function for all shapes of a model, because the engine passes the record. Its stub leads to the interpreter.
    Interpreted(Arc<Interpreted>),
    /// A stub for each function, which passes the record.
    Stubs(Stubs),
}

/// The source of the stubs of a shape's functions.
#[derive(Clone, Copy)]
struct Stubs {
    thunk: &'static ThunkCode,
    /// The cell of stubs without a function.
    dropped: &'static RetiredCell,
}

/// The universal function of a model.
pub(crate) struct Interpreted {
    stub: Stub,
    /// The thunk of the stub. It is static; the field shows it to tools that search for leaked memory.
    _thunk: &'static ThunkCode,
}

/// A native function: an address that an engine calls with a record.
pub struct EngineFunction {
    entry: *const c_void,
    stub: Option<(Stub, Stubs)>,
    /// Keeps the code and its interpreter alive.
    _code: EngineValues,
}

// SAFETY: the address is that of code, which any thread may call; a stub may be given back on any thread.
unsafe impl Send for EngineFunction {}
// SAFETY: the address is that of code, which any thread may call; a shared reference does not change the stub.
unsafe impl Sync for EngineFunction {}

impl EngineValuesCode {
    /// Makes the code of a key. `interpreted` gives the function of all shapes, for engines that pass the record.
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
            // Fails before anything is made that is never freed.
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
            // Every interpreted call needs the trampoline.
            interpreter.trampoline()?;
        }
        Ok(Self { interpreter, entry })
    }
}

impl Interpreted {
    /// Makes the function of all shapes, for engines that pass the record.
    pub(crate) fn new(abi: Abi, engine: &EngineAbi) -> Result<Self, JitError> {
        let thunk = native_thunk(abi, engine, None)?;
        let stub = thunk.stubs(Use::Plain).take()?;
        // The stub keeps the description, and is never given back.
        let engine: &'static EngineAbi = Box::leak(Box::new(engine.clone()));
        // SAFETY: the handler's context is the leaked description, and calls of the stub are calls of the model's
        // native function.
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

/// Makes a thunk for the model's native function.
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
    /// Makes the record of a function of this shape: its address, and the cell for a waiting exception. Calls read the
    /// record.
    ///
    /// # Safety
    ///
    /// * The target is a function of the signature that these values were made for.
    /// * The cell lives as long as the record is used.
    pub unsafe fn record(&self, target: *const c_void, pending: *const Pending) -> RecordHead {
        RecordHead::new(target, pending, (&raw const self.0.interpreter).cast())
    }

    /// Returns the native function of this record: an address that an engine calls. If the engine passes the pointer
    /// that a function was registered with, that pointer must be the record. Otherwise each record gets its own
    /// address.
    ///
    /// # Errors
    ///
    /// Memory for the function's own address is exhausted.
    ///
    /// # Safety
    ///
    /// * [`EngineValues::record`] of these values made the record.
    /// * The record does not move until the native function is dropped, and the engine does not call the function
    ///   afterwards.
    pub unsafe fn bind(&self, record: *const RecordHead) -> Result<EngineFunction, JitError> {
        let (entry, stub) = match &self.0.entry {
            EngineEntry::Compiled(code) => (code.entry().cast(), None),
            EngineEntry::Interpreted(interpreted) => (interpreted.stub.entry(), None),
            EngineEntry::Stubs(stubs) => {
                let stub = stubs.pool().take()?;
                // SAFETY: the stub belongs to this function; the handler's context is the record, where code and
                // handler look for it.
                unsafe { stub.bind(interpreter::with_record as Handler, record.cast_mut().cast()) };
                (stub.entry(), Some((stub, *stubs)))
            }
        };
        Ok(EngineFunction { entry, stub, _code: self.clone() })
    }

    /// Returns the generated machine code. It is empty if calls are interpreted.
    pub fn code(&self) -> &[u8] {
        match &self.0.entry {
            EngineEntry::Compiled(code) => code.bytes(),
            EngineEntry::Interpreted(_) => &[],
            EngineEntry::Stubs(stubs) => stubs.thunk.code(),
        }
    }
}

impl EngineFunction {
    /// Returns the address that the engine calls.
    pub const fn entry(&self) -> *const c_void {
        self.entry
    }
}

impl Drop for EngineFunction {
    fn drop(&mut self) {
        if let Some((stub, stubs)) = self.stub.take() {
            // If the engine calls the function in spite of the contract, it gets the mark of an exception. Zeros might
            // not be a value of the engine.
            stub.retire_to(stubs.dropped);
            // SAFETY: the stub came from this pool and is retired, and this function was its holder; the engine does
            // not call it any more.
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
