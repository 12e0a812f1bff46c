//! Functions of script behind callbacks, for handlers and helpers.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotcall_jit::engine::values::{EngineCallbackRecord, Words};
use hotcall_jit::{ScriptCall, Signature};

use super::engine::Engine;
use super::realm::Realm;
use super::site::Site;
use crate::callback::call::Call;
use crate::callback::local::LocalCalls;
use crate::callback::panics::Panics;
use crate::callback::thunk::Thunk;

/// An engine whose functions can be [callbacks](super::EngineThunk): it takes the exceptions that they throw.
///
/// # Safety
///
/// The safety contract of [`Engine`].
pub unsafe trait Catch: Engine {
    /// Takes the exception that a function of script has thrown, so that it does not wait in the engine any more.
    ///
    /// `thrown` is the memory at the parameter with the role [`Exception`](super::CallRole::Exception), or zeros if the
    /// call function does not have this role.
    ///
    /// # Safety
    ///
    /// The model's call function has just reported an exception at this site.
    unsafe fn catch(&self, site: Site, thrown: Words) -> Self::Exception;
}

/// The parts of the code for callbacks of one signature in one realm.
pub(super) struct ThunkParts<E: Engine> {
    pub(super) realm: Realm<E>,
    pub(super) thunk: Thunk,
    /// True if the code reads [records](CallbackRecord).
    pub(super) reads_records: bool,
    /// The address of the engine's call function, and how Rust code calls it.
    pub(super) call: *const c_void,
    pub(super) script: ScriptCall,
}

/// The record of a callback, which belongs to its stub and is never freed.
#[repr(C)]
pub(super) struct CallbackRecord {
    pub(super) head: EngineCallbackRecord,
    /// Stands for the calls in progress that machine code makes, if there were any when the callback was closed.
    pub(super) calls: Cell<Option<LocalCalls>>,
}

// SAFETY: like most fields of the head, only the owner's thread uses `calls`.
unsafe impl Sync for CallbackRecord {}

/// A function of script, for helpers and for the handler.
pub(super) struct ScriptFunction<E: Engine> {
    pub(super) parts: Rc<ThunkParts<E>>,
    pub(super) context: *mut c_void,
    pub(super) callee: Words,
    pub(super) panics: Rc<Panics>,
}

impl<E: Catch> ScriptFunction<E> {
    /// Answers a call without machine code.
    pub(super) fn answer(&self, call: &mut Call<'_>) {
        let ThunkParts { realm, thunk, call: function, script, .. } = &*self.parts;
        // SAFETY: the maker of thunk and callback promises that the function may be called so. An exception is one of this
        // call.
        let run = |args: &[Words]| unsafe {
            let returned = script.call(*function, self.context, &self.callee, args);
            returned.map_err(|thrown| realm.engine().catch(self.site(), thrown))
        };
        // SAFETY: the callback has the thunk's signature, and runs on the realm's thread. The maker of the thunk promises
        // that the engine keeps arguments.
        unsafe { realm.answer(self.site(), thunk.signature(), call, run) };
    }
}

impl<E: Engine> ScriptFunction<E> {
    pub(super) fn realm(&self) -> &Realm<E> {
        &self.parts.realm
    }

    pub(super) fn signature(&self) -> &Signature {
        self.parts.thunk.signature()
    }

    pub(super) const fn site(&self) -> Site {
        Site::new(self.context)
    }
}

impl CallbackRecord {
    /// The record of a stub. It is made for the stub's first callback.
    pub(super) fn of(place: &'static AtomicPtr<c_void>) -> &'static Self {
        let made: *mut Self = place.load(Ordering::Acquire).cast();
        // SAFETY: only this function stores an address: that of a record, which is never freed.
        if let Some(record) = unsafe { made.as_ref() } {
            return record;
        }
        let record: &'static Self =
            Box::leak(Box::new(Self { head: EngineCallbackRecord::new(), calls: Cell::new(None) }));
        // Only the holder of a stub gets here, so no other thread makes a record for it.
        place.store(ptr::from_ref(record).cast_mut().cast(), Ordering::Release);
        record
    }

    /// Ends a call of a closed callback. The last call in progress lets go of the callback.
    ///
    /// # Safety
    ///
    /// This thread owns the record's callback.
    pub(super) unsafe fn end_call(&self) {
        // SAFETY: the caller promises that the stub is this thread's.
        if unsafe { self.head.running() } == 0 {
            drop(self.calls.take());
        }
    }
}
