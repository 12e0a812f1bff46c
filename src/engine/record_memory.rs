//! The memory of a record, for machine code, helpers and the engine.

use std::ffi::c_void;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use hotcall_jit::JitError;
use hotcall_jit::engine::values::RecordHead;

use super::convert::Wanted;
use super::engine::Engine;
use super::error::EngineError;
use super::problem::Problem;
use super::realm_state::RealmState;
use crate::function::function::Function;
use hotcall_jit::Form;

/// The part of a record that does not depend on the engine, with `N` as its native function.
#[repr(C)]
pub(super) struct RecordData<N, X> {
    pub(super) head: RecordHead,
    pub(super) function: Function,
    params: Box<[Form]>,
    pub(super) result: Form,
    /// The number of the realm.
    realm: usize,
    /// The address of the native function.
    pub(super) entry: *const c_void,
    drop: unsafe fn(NonNull<Self>),
    /// `None` only while the record is made or dropped.
    native: Option<N>,
    /// The part that only records of one kind have.
    pub(super) own: X,
}

/// A record's memory.
#[repr(C)]
pub(super) struct RecordMemory<E: Engine, N, X> {
    pub(super) data: RecordData<N, X>,
    pub(super) realm: Arc<RealmState<E>>,
}

/// A record that is dropped with this value.
pub(super) struct OwnedRecord<N, X>(pub(super) NonNull<RecordData<N, X>>);

// SAFETY: other threads can only drop a record, close it, and read its plain data.
unsafe impl<N: Send, X: Send> Send for OwnedRecord<N, X> {}

impl<N, X> OwnedRecord<N, X> {
    /// Makes a record with the native function that `bind` makes for its head. Its address is its `entry`. The library
    /// does not know it yet: see [`adopt`].
    pub(super) fn new<E: Engine>(
        head: RecordHead,
        function: &Function,
        realm: &Arc<RealmState<E>>,
        own: X,
        bind: impl FnOnce(*const RecordHead) -> Result<N, JitError>,
        entry: impl FnOnce(&N) -> *const c_void,
    ) -> Result<Self, JitError> {
        let data = RecordData {
            head,
            function: function.clone(),
            params: function.signature().params().iter().map(Form::of).collect(),
            result: Form::of(function.signature().result()),
            realm: realm.number(),
            entry: ptr::null(),
            drop: drop_memory::<E, N, X>,
            native: None,
            own,
        };
        let memory = Box::into_raw(Box::new(RecordMemory { data, realm: Arc::clone(realm) }));
        // The pointer is to the whole, because helpers and dropping convert it back.
        // SAFETY: a box is not null.
        let record = Self(unsafe { NonNull::new_unchecked(memory.cast()) });
        // SAFETY: the memory is new, and nothing else has its address. The overwritten values do not need to be
        // dropped.
        unsafe {
            let native = bind(&raw const (*memory).data.head)?;
            (&raw mut (*memory).data.entry).write(entry(&native));
            (&raw mut (*memory).data.native).write(Some(native));
        }
        Ok(record)
    }
}

/// Makes libraries close these records of one realm together with themselves, or now if a library is already closed.
pub(super) fn adopt<'r, N: 'r, X: 'r>(records: impl IntoIterator<Item = &'r OwnedRecord<N, X>>) {
    let mut records = records.into_iter().filter_map(|record| Some((record.function.library()?, record))).peekable();
    while let Some((library, first)) = records.next() {
        // Functions that come one after the other are usually of one library.
        let others = std::iter::from_fn(|| records.next_if(|(other, _)| ptr::eq(*other, library)));
        let records = std::iter::once(first).chain(others.map(|(_, record)| record));
        library.adopt(first.realm, records.map(|record| &record.head));
    }
}

impl<N, X> Deref for OwnedRecord<N, X> {
    type Target = RecordData<N, X>;

    fn deref(&self) -> &RecordData<N, X> {
        // SAFETY: the record lives as long as this owner.
        unsafe { self.0.as_ref() }
    }
}

impl<N, X> Drop for OwnedRecord<N, X> {
    fn drop(&mut self) {
        if let Some(library) = self.function.library() {
            library.disown(self.realm, &self.head);
        }
        // SAFETY: the record was made with this function, and is not used any more.
        unsafe { (self.drop)(self.0) };
    }
}

/// # Safety
///
/// The data is that of a record with these parameters, and is not used any more.
unsafe fn drop_memory<E: Engine, N, X>(data: NonNull<RecordData<N, X>>) {
    // SAFETY: the data is the first part of the whole, which is `repr(C)`.
    let mut memory = unsafe { Box::from_raw(data.as_ptr().cast::<RecordMemory<E, N, X>>()) };
    // The native function is dropped first, because its code refers to the rest.
    drop(memory.data.native.take());
}

impl<N, X> RecordData<N, X> {
    /// The native function.
    pub(super) fn native(&self) -> &N {
        let Some(native) = &self.native else { unreachable!("a record has its native function until it is dropped") };
        native
    }

    /// The requirement on an argument. The destination of the result has the index after the last argument.
    #[inline]
    pub(super) fn wanted(&self, index: usize) -> Wanted {
        self.params.get(index).map_or(Wanted::Destination(self.result), |&form| Wanted::Argument(form))
    }

    /// The error for an argument that has a problem.
    pub(super) fn refused(&self, index: usize, problem: Problem) -> Option<EngineError> {
        let signature = self.function.signature();
        let ty = signature.params().get(index).or(signature.result())?.clone();
        Some(EngineError::Argument { function: self.function.name().into(), index, ty, problem })
    }

    /// The error for a call of a record that has no target.
    pub(super) fn closed(&self) -> EngineError {
        let closed = self.function.library().and_then(|library| library.check_open().err());
        let null = || EngineError::Null { function: self.function.name().into() };
        closed.map_or_else(null, EngineError::Closed)
    }
}
