//! Callbacks that are functions of script.

use std::ffi::c_void;
use std::fmt;
use std::rc::Rc;

use hotcall_jit::engine::values::{EngineAbi, EngineCallbackTarget, Words};
use hotcall_jit::{Jit, JitError, Signature, ThunkCode};

use super::callback_helpers::helpers;
use super::engine::Engine;
use super::realm::Realm;
use super::script_function::{CallbackRecord, Catch, ScriptFunction, ThunkParts};
use crate::callback::call::Call;
use crate::callback::error::CallbackError;
use crate::callback::foreign::Dispatch;
use crate::callback::local::LocalCallback;
use crate::callback::options::LocalOptions;
use crate::callback::panics::{Panics, Payload};
use crate::callback::sync::Callback;
use crate::callback::thunk::Thunk;

/// The compiled code for callbacks of one signature that are functions of script in one realm. Clones are cheap.
///
/// Machine code makes the engine's values of C's arguments, calls the engine's [call function](super::CallFunction) and
/// converts the result. The [`Engine`] does the same for values without a class in the model. Callbacks behave as if
/// their handler called [`Realm::answer`].
///
/// The code and the addresses of callbacks are never freed; see [`Thunk`].
pub struct EngineThunk<E: Engine>(Rc<ThunkParts<E>>);

/// A function of script as a C function pointer, made by [`EngineThunk::callback`].
///
/// Like a [`LocalCallback`], it belongs to the thread that made it. Script runs on that thread alone. A call on another
/// thread becomes a [`ForeignCall`](crate::ForeignCall). Closing or dropping it answers later calls with zeros. It may be
/// closed or dropped while it runs.
pub struct EngineCallback {
    local: LocalCallback,
    /// The record, if machine code reads one.
    record: Option<&'static CallbackRecord>,
    panics: Rc<Panics>,
}

impl<E: Catch> Realm<E> {
    /// Makes the code for callbacks of this signature that are functions of script.
    ///
    /// `call` is the address of the function that the model [describes](super::ValueModel::call), such as QuickJS's
    /// `JS_Call`.
    ///
    /// # Errors
    ///
    /// * The realm's model does not describe a call function.
    /// * The errors of [`Thunk::new`].
    ///
    /// # Safety
    ///
    /// * `call` is the function that the model describes. It may be called as long as the realm lives.
    /// * It returns values that belong to the caller. It does not release its arguments.
    /// * A value of one of the model's classes, such as a number, need not be released.
    /// * The engine finds values in C's frames, or leaves them in place: the arguments of a call, and its function.
    pub unsafe fn thunk(&self, signature: &Signature, call: *const c_void) -> Result<EngineThunk<E>, CallbackError> {
        let fail = |source| CallbackError::Compile { signature: signature.clone(), source: Box::new(source) };
        let abi = self.abi().ok_or(JitError::CallFunction).map_err(fail)?;
        let jit = Jit::shared().map_err(fail)?;
        let script = jit.script_call(abi).map_err(fail)?;
        let code = Self::code(jit, signature, abi).map_err(fail)?;
        let thunk = match code {
            Some(code) => Thunk::with_code(code, signature),
            None => Thunk::new(signature)?,
        };
        let reads_records = code.is_some();
        Ok(EngineThunk(Rc::new(ThunkParts { realm: self.clone(), thunk, reads_records, call, script })))
    }

    fn code(jit: &Jit, signature: &Signature, abi: &EngineAbi) -> Result<Option<&'static ThunkCode>, JitError> {
        // SAFETY: callbacks take such stubs as local callbacks. These bind them to their data, which has a place for the
        // record's address, and is never freed.
        unsafe { jit.engine_callback(signature, abi, helpers::<E>()) }
    }
}

impl<E: Catch> EngineThunk<E> {
    /// Makes a callback of a function of script.
    ///
    /// `keeper` keeps the function alive. It is dropped on this thread when the callback is closed and no call is in
    /// progress. In engines that count references, its `Drop` releases the function.
    ///
    /// Script's exceptions, and results that are not of the type, wait for the native function below the callback, as
    /// [`Realm::answer`] says.
    ///
    /// # Errors
    ///
    /// The errors of [`Callback::local`].
    ///
    /// # Safety
    ///
    /// * The context is one of the engine's, and `callee` is a function that the engine's call function can call.
    /// * Both stay valid, and the value of the function does not change, until `keeper` is dropped.
    /// * The callback is called on this thread only while the engine may run script.
    pub unsafe fn callback<K: 'static>(
        &self,
        options: LocalOptions,
        dispatch: impl Dispatch,
        context: *mut c_void,
        callee: Words,
        keeper: K,
    ) -> Result<EngineCallback, CallbackError> {
        let parts = Rc::clone(&self.0);
        let panics = Rc::new(Panics::new(options.on_panic));
        let function = Rc::new(ScriptFunction { parts, context, callee, panics: Rc::clone(&panics) });
        let target = EngineCallbackTarget {
            pending: self.0.realm.pending_cell(),
            context,
            call: self.0.call,
            callee,
            this: self.0.script.function().this,
            data: Rc::as_ptr(&function).cast(),
        };
        let handler = move |call: &mut Call<'_>| {
            let _kept = &keeper;
            function.answer(call);
        };
        let local = Callback::local(&self.0.thunk, options, dispatch, handler)?;
        let record = self.0.reads_records.then(|| CallbackRecord::of(local.record()));
        if let Some(record) = record {
            // SAFETY: the stub is new, and its last callback has waited for its calls. The handler keeps the target's
            // data until the record is closed and no call is in progress.
            unsafe { record.head.open(&target) };
        }
        Ok(EngineCallback { local, record, panics })
    }

    /// The signature.
    pub fn signature(&self) -> &Signature {
        self.0.thunk.signature()
    }
}

impl EngineCallback {
    /// The function pointer for C. Calls are answered as long as the callback is open, and return zeros afterwards. The
    /// address is reused as late as possible, for a callback of an equal shape.
    pub fn as_ptr(&self) -> *const c_void {
        self.local.as_ptr()
    }

    /// Admits no more calls, answers the waiting ones with zeros, and drops the function's keeper. If the function is
    /// running, the end of its last run drops the keeper.
    pub fn close(&self) {
        if let Some(record) = self.record.filter(|_| !self.is_closed()) {
            // SAFETY: this thread owns the callback, because it has the handle. The callback has the stub, because it is
            // open.
            unsafe {
                record.head.close();
                if record.head.running() > 0 {
                    record.calls.set(self.local.begin_calls());
                }
            }
        }
        self.local.close();
    }

    /// Returns true if the callback was closed.
    pub fn is_closed(&self) -> bool {
        self.local.is_closed()
    }

    /// The number of calls from other threads that this thread has not begun to answer. It includes calls whose threads
    /// do not wait.
    pub fn pending_foreign(&self) -> usize {
        self.local.pending_foreign()
    }

    /// Takes the payload of the first panic of the engine, the keeper or the dispatcher since the last call of this
    /// function.
    pub fn take_panic(&self) -> Option<Payload> {
        self.panics.take().or_else(|| self.local.take_panic())
    }
}

impl Drop for EngineCallback {
    fn drop(&mut self) {
        self.close();
    }
}

impl<E: Engine> Clone for EngineThunk<E> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<E: Engine> fmt::Debug for EngineThunk<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EngineThunk({})", self.0.thunk.signature())
    }
}

impl fmt::Debug for EngineCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EngineCallback({:p})", self.as_ptr())
    }
}
