//! C functions that an engine calls with its own values.

use std::ffi::c_void;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotcall_jit::EngineFunction;

use super::engine::Engine;
use super::error::RecordError;
use super::known_values::Callbacks;
use super::realm_state::RealmState;
use super::record_memory::{OwnedRecord, RecordMemory, adopt};
use crate::function::error::CompileError;
use crate::function::function::Function;
use crate::function::prototype::ResultTo;

/// A function that an engine calls: the address for the engine, and the data behind it.
///
/// It keeps the C function's library, and refuses calls once that was closed. Give the engine [`entry`](Record::entry).
/// If the engine's functions carry a pointer, also give it [`into_raw`](Record::into_raw), with [`Record::finalize`] as
/// the finaliser. Otherwise, keep the record as long as the engine may call the function.
///
/// A record may be dropped on any thread, but not while a call of the function runs. Engines keep a function that is
/// running. If its realm is gone, the last record drops the engine, and an exception that still waits.
///
/// Dropping the last record of a closed library unmaps it, which runs the library's finalisers. They may call script
/// back, which some engines' finalisers must not run. Then put records aside in the engine's finaliser and drop them
/// later.
pub struct Record(OwnedRecord<EngineFunction, AtomicPtr<c_void>>);

/// The memory of such a record, which has a pointer for the author's use.
pub(super) type EngineValuesMemory<E> = RecordMemory<E, EngineFunction, AtomicPtr<c_void>>;

impl Record {
    /// Makes a record whose calls bring the result to this place.
    pub(super) fn new<E: Engine>(
        function: &Function,
        realm: &Arc<RealmState<E>>,
        form: (ResultTo, Callbacks),
    ) -> Result<Self, RecordError> {
        let record = Self::unadopted(function, realm, form)?;
        adopt([&record.0]);
        Ok(record)
    }

    /// Makes a record of each function. Takes the lock of a library once.
    pub(super) fn all<'f, E: Engine>(
        functions: impl IntoIterator<Item = &'f Function>,
        realm: &Arc<RealmState<E>>,
        callbacks: Callbacks,
    ) -> Result<Vec<Self>, RecordError> {
        let of_function = |function| Self::unadopted(function, realm, (ResultTo::Value, callbacks));
        let records = functions.into_iter().map(of_function).collect::<Result<Vec<_>, _>>()?;
        adopt(records.iter().map(|record| &record.0));
        Ok(records)
    }

    /// Makes a record that its library does not know yet.
    fn unadopted<E: Engine>(
        function: &Function,
        realm: &Arc<RealmState<E>>,
        (result, callbacks): (ResultTo, Callbacks),
    ) -> Result<Self, RecordError> {
        let fail = |source| CompileError::new(function.name(), source).into();
        let Some(values) = realm.values(function.prototype(), result, callbacks) else {
            return Err(RecordError::Handles { function: function.name().into() });
        };
        let values = values.map_err(fail)?;
        let policy = realm.policy();
        if policy.after() == 0 {
            values.compile().map_err(fail)?;
        }
        // SAFETY: the function has the signature. The record keeps the realm, and with it the cell and the policy.
        let head = unsafe { values.record_by(function.address(), realm.pending(), policy) };
        // SAFETY: the record stays in place until it is dropped with its native function.
        let bind = |head| unsafe { values.bind(head) };
        OwnedRecord::new(head, function, realm, AtomicPtr::default(), bind, EngineFunction::entry)
            .map(Self)
            .map_err(fail)
    }

    /// Compiles the function now, and with it all functions of its shape. Does nothing if they are compiled, or where no
    /// code can be generated.
    ///
    /// # Errors
    ///
    /// The code generator failed.
    pub fn compile(&self) -> Result<(), CompileError> {
        self.0.native().values().compile().map_err(|source| CompileError::new(self.function().name(), source))
    }

    /// Returns true if calls run compiled code. Otherwise they are interpreted.
    pub fn is_compiled(&self) -> bool {
        self.0.native().values().is_compiled()
    }

    /// The number of calls, those with refused arguments included. Calls after closing do not count.
    pub fn calls(&self) -> u64 {
        self.0.head.calls()
    }

    /// The number of calls that were interpreted. Compiled code counts only the calls that it leaves to the interpreter,
    /// such as those with a wrong argument. Calls after closing do not count.
    pub fn interpreted_calls(&self) -> u64 {
        self.0.head.interpreted_calls()
    }

    /// The address of the native function.
    pub fn entry(&self) -> *const c_void {
        self.0.entry
    }

    /// The number of arguments, for registering the function. A record [into](super::Realm::record_into) a buffer has one
    /// more than C's function.
    pub fn arity(&self) -> usize {
        self.0.native().values().arity()
    }

    /// The C function.
    pub fn function(&self) -> &Function {
        &self.0.function
    }

    /// The pointer that its author set last.
    pub fn author(&self) -> *mut c_void {
        self.0.own.load(Ordering::Relaxed)
    }

    /// Sets a pointer for the author's own use, null at first. hotcall does not read it.
    pub fn set_author(&self, author: *mut c_void) {
        self.0.own.store(author, Ordering::Relaxed);
    }

    /// The pointer to register the function with. The engine owns the record until it returns to [`Record::from_raw`]
    /// or [`Record::finalize`].
    pub fn into_raw(self) -> *mut c_void {
        ManuallyDrop::new(self).0.0.as_ptr().cast()
    }

    /// The record of this pointer.
    ///
    /// # Safety
    ///
    /// The pointer came from [`Record::into_raw`], and has not returned yet.
    pub unsafe fn from_raw(record: *mut c_void) -> Self {
        // SAFETY: the caller promises that the pointer came from `into_raw`, so it is not null.
        Self(OwnedRecord(unsafe { NonNull::new_unchecked(record.cast()) }))
    }

    /// Drops the record. This is a finaliser for engines.
    ///
    /// # Safety
    ///
    /// * The contract of [`Record::from_raw`].
    /// * The engine does not call the function again.
    pub unsafe extern "C" fn finalize(record: *mut c_void) {
        // SAFETY: the caller promises that the pointer came from `into_raw` and has not returned yet.
        drop(unsafe { Self::from_raw(record) });
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("function", self.function())
            .field("entry", &self.entry())
            .field("is_compiled", &self.is_compiled())
            .field("calls", &self.calls())
            .field("interpreted_calls", &self.interpreted_calls())
            .finish()
    }
}
