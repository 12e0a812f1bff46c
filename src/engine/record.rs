//! What belongs to each function that an engine calls.

use std::ffi::c_void;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotcall_jit::Native;
use hotcall_jit::values::RecordHead;

use super::engine::Engine;
use super::function_forms::FunctionForms;
use super::realm_state::RealmState;
use crate::error::Error;
use crate::function::Function;

/// A function that an engine calls: the address for the engine, and the data behind it.
///
/// It keeps the C function's library, and refuses calls once that was closed. Give the engine [`entry`](Record::entry) and,
/// where its functions carry a pointer, [`into_raw`](Record::into_raw); its finaliser is [`Record::finalize`]. For an engine
/// whose functions carry none, keep the record as long as the engine may call the function.
///
/// Dropping a record is allowed on any thread, and while no call of the function runs: every engine keeps a function that is
/// running. The last one of a realm that is gone drops the engine, and an exception that still waits.
///
/// Dropping the last record of a library that was closed unmaps it, which runs its finalisers. If those may call script back, and the
/// engine's finalisers must not run script, put records aside there and drop them later.
pub struct Record(NonNull<Data>);

/// The data that does not depend on the engine. Trampolines and engines know its address.
#[repr(C)]
pub(super) struct Data {
    pub(super) head: RecordHead,
    pub(super) forms: FunctionForms,
    author: AtomicPtr<c_void>,
    entry: *const c_void,
    drop: unsafe fn(NonNull<Self>),
}

/// A record's memory: the data, and the parts that depend on the engine.
#[repr(C)]
pub(super) struct RecordMemory<E: Engine> {
    pub(super) data: Data,
    native: Option<Native>,
    pub(super) realm: Arc<RealmState<E>>,
}

// SAFETY: all that is reached by a record on other threads is dropping it, closing it and its plain data.
unsafe impl Send for Record {}

impl Record {
    pub(super) fn new<E: Engine>(function: &Function, realm: &Arc<RealmState<E>>) -> Result<Self, Error> {
        let fail = |source| Error::Compile { function: function.name().into(), source: Box::new(source) };
        let Some(abi) = realm.abi() else { return Err(Error::Handles { function: function.name().into() }) };
        let values = function.values(abi).map_err(fail)?;
        // SAFETY: the function has the signature; the record keeps the realm, and with it the cell.
        let head = unsafe { values.record(function.address(), realm.pending()) };
        let data = Data {
            head,
            forms: FunctionForms::of(function),
            author: AtomicPtr::default(),
            entry: ptr::null(),
            drop: drop_memory::<E>,
        };
        let memory = Box::into_raw(Box::new(RecordMemory { data, native: None, realm: Arc::clone(realm) }));
        // SAFETY: the record has just been made, and stays where it is until it is dropped with its native function.
        let native = unsafe { values.bind(&raw const (*memory).data.head) };
        // By the pointer to the whole, which helpers and dropping go back to.
        // SAFETY: a box is not null.
        let record = Self(unsafe { NonNull::new_unchecked(memory.cast()) });
        let native = native.map_err(fail)?;
        // SAFETY: the record stays where it is, and nobody else knows it yet.
        unsafe {
            (&raw mut (*memory).data.entry).write(native.entry());
            // There is none, which need not be dropped.
            (&raw mut (*memory).native).write(Some(native));
        }
        if let Some(library) = function.library() {
            library.adopt(&record.data().head);
        }
        Ok(record)
    }

    fn data(&self) -> &Data {
        // SAFETY: the record lives as long as this.
        unsafe { self.0.as_ref() }
    }

    /// The address of the native function.
    pub fn entry(&self) -> *const c_void {
        self.data().entry
    }

    /// The number of arguments, to be registered with the function.
    pub fn arity(&self) -> usize {
        self.data().forms.function.signature().params().len()
    }

    /// The C function.
    pub fn function(&self) -> &Function {
        &self.data().forms.function
    }

    /// The pointer that its author set last.
    pub fn author(&self) -> *mut c_void {
        self.data().author.load(Ordering::Relaxed)
    }

    /// Sets a pointer for the author's own use, null at first. Nobody else reads it.
    pub fn set_author(&self, author: *mut c_void) {
        self.data().author.store(author, Ordering::Relaxed);
    }

    /// The pointer to register the function with. The record is the engine's now, until it comes back to
    /// [`Record::from_raw`] or [`Record::finalize`].
    pub fn into_raw(self) -> *mut c_void {
        ManuallyDrop::new(self).0.as_ptr().cast()
    }

    /// The record of this pointer.
    ///
    /// # Safety
    ///
    /// The pointer came from [`Record::into_raw`], and has not come back.
    pub unsafe fn from_raw(record: *mut c_void) -> Self {
        // SAFETY: the caller vouches for the pointer, which is not null then.
        Self(unsafe { NonNull::new_unchecked(record.cast()) })
    }

    /// Drops the record: a finaliser for engines.
    ///
    /// # Safety
    ///
    /// That of [`Record::from_raw`]; the engine calls the function no more.
    pub unsafe extern "C" fn finalize(record: *mut c_void) {
        // SAFETY: the caller vouches for the pointer.
        drop(unsafe { Self::from_raw(record) });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let data = self.data();
        if let Some(library) = data.forms.function.library() {
            library.disown(&data.head);
        }
        // SAFETY: the record was made with this function.
        unsafe { (data.drop)(self.0) };
    }
}

/// # Safety
///
/// The data is that of a record for this engine, and is not used any more.
unsafe fn drop_memory<E: Engine>(data: NonNull<Data>) {
    // SAFETY: the data is the first part of the whole, which is `repr(C)`.
    drop(unsafe { Box::from_raw(data.as_ptr().cast::<RecordMemory<E>>()) });
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("function", self.function()).field("entry", &self.entry()).finish()
    }
}
