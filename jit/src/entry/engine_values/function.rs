//! Native functions, which an engine calls itself with its own values.

use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use crate::engine::record::{Pending, RecordHead};
use crate::entry::callback::thunk::Use;
use crate::entry::engine_values::holder::ShapeHolder;
use crate::entry::engine_values::interpreted;
use crate::entry::engine_values::policy::CompilePolicy;
use crate::entry::engine_values::shape::{Shape, ShapeEntry, ShapeStubs};
use crate::error::JitError;
use crate::stubs::cell::{Handler, Stub};
use crate::stubs::pool::StubPool;

/// The native functions of one shape for engines of one model. Cloning is cheap.
///
/// Calls are interpreted until the shape is [compiled](EngineValues::compile). The address of a function stays the same.
#[derive(Clone)]
pub struct EngineValues(Arc<ShapeHolder>);

/// A native function: an address that an engine calls with a record.
pub struct EngineFunction {
    entry: *const c_void,
    stub: Option<(Stub, ShapeStubs)>,
    /// Keeps the code and its interpreter alive.
    code: EngineValues,
}

// SAFETY: the address is that of code, which any thread may call; a stub may be given back on any thread.
unsafe impl Send for EngineFunction {}
// SAFETY: the address is that of code, which any thread may call; a shared reference does not change the stub.
unsafe impl Sync for EngineFunction {}

impl ShapeStubs {
    fn pool(self) -> &'static StubPool {
        self.thunk.stubs(Use::Plain)
    }
}

impl From<Arc<Shape>> for EngineValues {
    fn from(shape: Arc<Shape>) -> Self {
        Self(Arc::new(ShapeHolder::new(shape)))
    }
}

impl EngineValues {
    /// Returns the same functions with counters of their own. Threads that make records of one shape, and call them, take
    /// turns with the memory of its counters. So each realm should have its own.
    #[must_use]
    pub fn another(&self) -> Self {
        Self(Arc::new(self.0.another()))
    }

    /// Returns true if clones of this value are in use, such as those of functions.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Makes the record of a function of this shape: its address, and the cell for a waiting exception. Calls read the
    /// record.
    ///
    /// # Safety
    ///
    /// * The target is a function of the signature that these values were made for.
    /// * The cell lives as long as the record is used.
    pub unsafe fn record(&self, target: *const c_void, pending: *const Pending) -> RecordHead {
        RecordHead::new(target, pending, Arc::as_ptr(&self.0).cast())
    }

    /// Does as [`record`](Self::record) for a function that is compiled by this policy instead of the default one.
    ///
    /// # Safety
    ///
    /// * The contract of [`record`](Self::record).
    /// * The policy lives as long as the record is used.
    pub unsafe fn record_by(
        &self,
        target: *const c_void,
        pending: *const Pending,
        policy: *const CompilePolicy,
    ) -> RecordHead {
        // SAFETY: the caller promises what `record` asks for.
        let mut record = unsafe { self.record(target, pending) };
        record.policy = policy.cast();
        record
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
    /// * [`EngineValues::record`] of these values or of a clone made the record, not that of [`another`](Self::another).
    /// * The record does not move until the native function is dropped, and the engine does not call the function
    ///   afterwards.
    pub unsafe fn bind(&self, record: *const RecordHead) -> Result<EngineFunction, JitError> {
        let (entry, stub) = match &self.0.entry {
            ShapeEntry::Shared(shared) => (shared.address(), None),
            ShapeEntry::Stubs(stubs) => {
                let stub = stubs.pool().take()?;
                // SAFETY: the stub belongs to this function; the handler's context is the record, where code and
                // handler look for it.
                unsafe { stub.bind(interpreted::with_record as Handler, record.cast_mut().cast()) };
                (stub.entry(), Some((stub, *stubs)))
            }
        };
        Ok(EngineFunction { entry, stub, code: self.clone() })
    }

    /// Returns the number of arguments that the engine passes to a function: those of C, and a buffer for the result if the
    /// functions [write it there](crate::Jit::uncompiled_engine_values_into).
    pub fn arity(&self) -> usize {
        self.0.arity()
    }

    /// Compiles the functions, so that later calls are not interpreted. It does nothing if they are compiled already,
    /// have too many parameters, or the system refuses memory for code.
    ///
    /// # Errors
    ///
    /// The code generator failed.
    pub fn compile(&self) -> Result<(), JitError> {
        self.0.compile()
    }

    /// Returns true if calls run compiled code.
    pub fn is_compiled(&self) -> bool {
        !self.code().is_empty()
    }

    /// Returns the generated machine code. It is empty if calls are interpreted.
    pub fn code(&self) -> &[u8] {
        self.0.entry.code()
    }
}

impl EngineFunction {
    /// Returns the address that the engine calls.
    pub const fn entry(&self) -> *const c_void {
        self.entry
    }

    /// Returns the functions of the same shape.
    pub const fn values(&self) -> &EngineValues {
        &self.code
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
