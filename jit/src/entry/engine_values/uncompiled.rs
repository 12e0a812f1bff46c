//! The native function of a model that functions have as long as they are not compiled. It leaves every call to a
//! handler.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use crate::code::generator::{self, Generator};
use crate::convention::abi::Abi;
use crate::debug::name::Name;
use crate::engine::values::model::EngineAbi;
use crate::entry::callback::key::CallbackKey;
use crate::entry::callback::thunk::{ThunkCode, Use};
use crate::entry::engine_values::dropped::DroppedFunction;
use crate::entry::engine_values::readers::Readers;
use crate::error::JitError;
use crate::lock::HoldOff;
use crate::stubs::cell::{Handler, RetiredCell, Stub};

/// The native function of a model for functions without code of their own: a thunk, generated or universal.
pub(crate) struct Uncompiled {
    thunk: &'static ThunkCode,
    pub(crate) addresses: Addresses,
    /// The readers of the model, for functions that have code.
    pub(crate) readers: Arc<Readers>,
}

/// The addresses of functions without code.
pub(crate) enum Addresses {
    /// One for all functions, because the engine passes the record.
    One(Stub),
    /// A stub for each function. Those of dropped functions have this cell.
    Many { dropped: &'static RetiredCell },
}

impl Uncompiled {
    /// Makes the function. If the engine passes the record, `handler` gets the calls. Its context is the [`EngineAbi`].
    ///
    /// # Safety
    ///
    /// The handler may be called with this context and slots of the model's native function.
    pub(crate) unsafe fn new(
        no_fork: &HoldOff,
        generator: Option<&Generator>,
        abi: Abi,
        engine: &EngineAbi,
        handler: Handler,
    ) -> Result<Self, JitError> {
        let key = native_key(abi, engine)?;
        let code = generator::make(no_fork, generator, &Name::of("engine values without code"), &key)?;
        let thunk = ThunkCode::leak(&key, code)?;
        let readers = Arc::new(Readers::new());
        if !engine.model().passes_data() {
            return Ok(Self { thunk, addresses: Addresses::Many { dropped: DroppedFunction::leak(engine) }, readers });
        }
        let stub = thunk.stubs(Use::Plain).take()?;
        // The stub keeps the description, and is never given back.
        let engine: &'static EngineAbi = Box::leak(Box::new(engine.clone()));
        // SAFETY: the handler's context is the leaked description, and calls of the stub are calls of the model's native
        // function.
        unsafe { stub.bind(handler, ptr::from_ref(engine).cast_mut().cast()) };
        Ok(Self { thunk, addresses: Addresses::One(stub), readers })
    }

    /// Returns the address for all functions, if the engine passes the record.
    pub(crate) fn entry(&self) -> Option<*const c_void> {
        match &self.addresses {
            Addresses::One(stub) => Some(stub.entry()),
            Addresses::Many { .. } => None,
        }
    }

    /// Returns true if its code was generated.
    pub(crate) fn is_generated(&self) -> bool {
        self.thunk.entry().is_some()
    }

    /// Makes the source of the stubs of a shape. They lead to this function's thunk.
    pub(crate) fn thunk_of_shape(&self, abi: Abi, engine: &EngineAbi) -> Result<&'static ThunkCode, JitError> {
        ThunkCode::leading_to(&native_key(abi, engine)?, self.thunk.entry())
    }
}

/// Returns the key of thunks for the model's native function.
fn native_key(abi: Abi, engine: &EngineAbi) -> Result<CallbackKey, JitError> {
    let native = &engine.model().native;
    Ok(CallbackKey::of(abi, native, abi.plan(native)?))
}
