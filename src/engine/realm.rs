//! Realms: instances of an engine, which make functions and answer callbacks.

use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

use hotcall_jit::engine::fast_call::{Exit, FastCallModel};
use hotcall_jit::engine::values::{EngineAbi, ModelError, Pending, ValueModel, Words};
use hotcall_jit::{CompilePolicy, MAX_PARAMETERS, Signature, Type};

use super::convert::{to_slot, to_value};
use super::engine::Engine;
use super::error::{EngineError, RecordError};
use super::fast_call::{FastCallRecord, FastCallShape};
use super::helpers::{helpers, helpers_without_pins};
use super::known_values::Callbacks;
use super::problem::Problem;
use super::realm_state::RealmState;
use super::record::Record;
use super::samples::agree;
use super::site::Site;
use crate::callback::call::Call;
use crate::function::error::CompileError;
use crate::function::function::Function;
use crate::function::prototype::ResultTo;
use crate::slots::slot::Slot;
use hotcall_jit::Form;

/// One instance of an engine, on one thread: its functions, and the exception that waits for one of them to return.
///
/// An exception of a callback cannot pass through the C code that called back. It waits here until C has returned. Then
/// the native function throws it, or its [caller](FastCallModel::caller_looks). While it waits, callbacks answer with
/// zeros and run no script.
///
/// Clones are handles of one realm, and records keep it. The last of all these drops the engine, and an exception that
/// still waits, on its thread. So an engine that owns its records, or a realm, is never dropped.
pub struct Realm<E: Engine> {
    state: Arc<RealmState<E>>,
    callbacks: Callbacks,
    /// Keeps the realm on its thread, which runs the script.
    on_one_thread: PhantomData<*const ()>,
}

impl<E: Engine> Realm<E> {
    /// A realm of an engine whose values are as the model says.
    ///
    /// # Errors
    ///
    /// The parts of the model do not fit together.
    ///
    /// # Safety
    ///
    /// The model describes the engine's values and native functions correctly.
    pub unsafe fn new(engine: E, model: ValueModel) -> Result<Self, ModelError> {
        let abi = EngineAbi::new(model, helpers::<E>())?;
        Ok(Self::with(Some(abi), engine))
    }

    /// A realm like that of [`new`](Self::new). The model's [objects](ValueModel::objects) are used only if machine code
    /// finds the same in all samples as [`Engine::view`]. Otherwise helpers read objects, which is slower; [`model`
    /// ](Self::model) says which.
    ///
    /// Samples are values of all kinds that script can make. Their objects should be of all kinds and states: with and
    /// without bytes, detached, shown in part. At least one must be of each of the [kinds](super::ObjectClass::kinds),
    /// because nothing else shows that a kind is right. If script may [move](super::Object::stays) the bytes of some
    /// objects of a kind, at least one sample must be such an object, with bytes that are not all 0: [`Engine::view`] may
    /// move them, so machine code's bytes are compared with the view's. If some bytes of a kind must not
    /// [change](super::Object::writable), there must be a sample of those, and one of others.
    ///
    /// `retain` adds a reference to an object. [`Engine::release`] releases it. So the [counter
    /// ](super::PinList::references) of the list of pinned objects is compared too: each sample's must grow by 1, and
    /// shrink again. `retain` is not called for a list without counters.
    ///
    /// Samples are read by [`probe::read`](hotcall_jit::probe::read). On systems where that is not possible, the objects
    /// are not used.
    ///
    /// # Errors
    ///
    /// The parts of the model do not fit together.
    ///
    /// # Safety
    ///
    /// * The model describes the engine's values and native functions correctly, and which values are objects. It may be
    ///   wrong about the kinds of objects and their counter: where samples show that, the objects are not used.
    /// * The samples and the site are the engine's, and `retain` does what it should.
    pub unsafe fn with_samples(
        engine: E,
        model: ValueModel,
        site: Site,
        samples: impl IntoIterator<Item = Words>,
        retain: impl FnMut(Words),
    ) -> Result<Self, ModelError> {
        let is_indirect = model.indirect;
        // SAFETY: the caller promises that the samples and the site are the engine's.
        let agrees = |objects: &_| unsafe { agree(&engine, objects, is_indirect, site, samples, retain) };
        let mut abi = EngineAbi::new(model, helpers::<E>())?;
        if !abi.model().objects.as_ref().is_some_and(agrees) {
            abi = EngineAbi::new(abi.model().clone().objects(None), helpers::<E>())?;
        }
        Ok(Self::with(Some(abi), engine))
    }

    /// A realm of an engine whose values only the engine itself reads. It passes *handles*, each in the first of the
    /// [`Words`].
    ///
    /// Such a realm does not make [records](Self::record). It converts, answers callbacks, keeps exceptions, and makes
    /// functions for the engine's [compiled code](Self::fast_call).
    pub fn of_handles(engine: E) -> Self {
        Self::with(None, engine)
    }

    fn with(abi: Option<EngineAbi>, engine: E) -> Self {
        let without_callbacks = abi.as_ref().map(|abi| abi.without_callbacks(helpers_without_pins::<E>()));
        let state = Arc::new(RealmState::new(abi, without_callbacks, engine));
        Self { state, callbacks: Callbacks::Possible, on_one_thread: PhantomData }
    }

    /// Another handle of this realm, whose [records](Self::record) are of functions that never call script back. All else
    /// is the realm's.
    ///
    /// While such a function runs, nothing moves or frees bytes of objects. So machine code also reads bytes that [script
    /// may move](super::Object::stays), and neither machine code nor helpers pin.
    ///
    /// Fast calls are of such functions in any case.
    #[must_use]
    pub fn without_callbacks(&self) -> Self {
        Self { callbacks: Callbacks::Never, ..self.clone() }
    }

    /// The engine.
    pub fn engine(&self) -> &E {
        self.state.engine()
    }

    /// The model; `None` for a realm of handles.
    pub fn model(&self) -> Option<&ValueModel> {
        self.state.model()
    }

    /// When the functions of [records](Self::record) are compiled, and where. Calls are interpreted until then.
    /// [Fast calls](Self::fast_call) are compiled at their first call, or when they are made if the policy says 0 calls.
    pub fn compile_policy(&self) -> &CompilePolicy {
        self.state.policy()
    }

    /// Makes a record of a C function, which the engine can then call. The [policy](Self::compile_policy) says when it is
    /// compiled.
    ///
    /// # Errors
    ///
    /// No code can be made for the function's signature, or the realm is one of handles.
    ///
    /// # Safety
    ///
    /// * The function has its signature. Calling it on the engine's thread is sound with any arguments that script may
    ///   pass. Script can pass every number, and any pointer to a function that takes one.
    /// * The engine calls [`Record::entry`] as the model says, on the realm's thread. It passes the record if the model
    ///   has a role for that. If the model is `padded`, it fills up arguments at least to [`Record::arity`].
    /// * The record outlives every call, and every way to call the function.
    /// * If the realm is one [without callbacks](Self::without_callbacks), no script runs before C has returned. Nothing
    ///   else moves or frees the bytes of arguments meanwhile, such as another thread.
    /// * No method of the [`Engine`] panics, unless the engine's own frames allow the panic to pass through them.
    pub unsafe fn record(&self, function: &Function) -> Result<Record, RecordError> {
        Record::new(function, &self.state, (ResultTo::Value, self.callbacks))
    }

    /// Makes records of many C functions, such as those of a library, in less time than one after the other. They come
    /// in the order of the functions.
    ///
    /// # Errors
    ///
    /// Those of [`record`](Self::record), for the first function that fails. Then no record is made.
    ///
    /// # Safety
    ///
    /// The contract of [`record`](Self::record), for each of the functions.
    pub unsafe fn records<'f>(
        &self,
        functions: impl IntoIterator<Item = &'f Function>,
    ) -> Result<Vec<Record>, RecordError> {
        Record::all(functions, &self.state, self.callbacks)
    }

    /// Makes a record of a C function that returns a struct or a union. Its calls write the result into a buffer that script
    /// passes, so they allocate nothing.
    ///
    /// The buffer is one argument more, behind those of C: any value that the engine [views](Engine::view) as bytes, at
    /// least as many as the result has. Others are refused before C is called, and so are [read-only
    /// ](super::View::ReadOnly) bytes. The function returns the model's value for undefined.
    ///
    /// The buffer is pinned as long as C runs, like an argument of the type [`BUFFER`](Type::BUFFER). Its bytes change when
    /// C has returned, all at once. So pointers among the arguments may lead to the buffer: C, and script that C calls,
    /// see the bytes as they were. If the call throws, they do not change. Bytes behind the result do not change either.
    ///
    /// # Errors
    ///
    /// The result is not a struct or a union, or the function has [`MAX_PARAMETERS`] parameters; those of
    /// [`record`](Self::record).
    ///
    /// # Safety
    ///
    /// The contract of [`record`](Self::record).
    pub unsafe fn record_into(&self, function: &Function) -> Result<Record, RecordError> {
        Record::new(function, &self.state, (ResultTo::Buffer, self.callbacks))
    }

    /// Makes a record of a C function, which the engine's compiled code can then call with arguments in registers.
    ///
    /// If the function is more than checks and moves, its first call compiles it. Functions that the engine knows by then
    /// are called by one jump more. With a [policy](Self::compile_policy) of 0 calls it is compiled now.
    ///
    /// # Errors
    ///
    /// The model does not fit the function's signature, or no code can be made for it.
    ///
    /// # Safety
    ///
    /// * The function has its signature. Calling it on the engine's thread is sound with any arguments that script may
    ///   pass.
    /// * The engine calls [`FastCallRecord::entry`] as the model says, on the realm's thread. The model describes
    ///   handles correctly.
    /// * The record outlives every call, and every way to call the function.
    /// * Bytes of objects stay in place from the last call of [`Engine::view`] or [`Engine::text`] until C has returned. These
    ///   may move bytes, because machine code's own objects are read afterwards.
    /// * The result of a refused call is not used. It may be an invalid value of its type.
    ///
    /// If the [caller looks](FastCallModel::caller_looks), it must look after each call, before anything else runs in
    /// the realm. Otherwise a later call throws the exception that this one has left.
    pub unsafe fn fast_call(&self, function: &Function, model: &FastCallModel) -> Result<FastCallRecord, CompileError> {
        let shape = FastCallShape::new::<E>(function, model)?;
        FastCallRecord::new(function, &self.state, &shape)
    }

    /// Makes the part of [fast calls](Self::fast_call) that functions of one signature share.
    ///
    /// # Errors
    ///
    /// Those of [`fast_call`](Self::fast_call).
    pub fn fast_call_shape(&self, function: &Function, model: &FastCallModel) -> Result<FastCallShape, CompileError> {
        FastCallShape::new::<E>(function, model)
    }

    /// Does as [`fast_call`](Self::fast_call) for a function of the shape's signature, in less time.
    ///
    /// # Errors
    ///
    /// Those of [`fast_call`](Self::fast_call).
    ///
    /// # Panics
    ///
    /// Panics if the function does not have the shape's [signature](FastCallShape::signature).
    ///
    /// # Safety
    ///
    /// The contract of [`fast_call`](Self::fast_call), for the shape's model. A realm with the same type of engine made the
    /// shape.
    pub unsafe fn fast_call_of(
        &self,
        function: &Function,
        shape: &FastCallShape,
    ) -> Result<FastCallRecord, CompileError> {
        assert_eq!(function.signature(), shape.signature(), "the shape is of another signature");
        FastCallRecord::new(function, &self.state, shape)
    }

    /// Keeps an exception, as [`throw`](Self::throw) does. Makes the engine leave the running call of its compiled
    /// code, and repeat it in its ordinary way. A callback has no other answer, because script cannot run inside such a
    /// call. C gets zeros and returns. Then the ordinary function must first check whether an exception
    /// [waits](Self::take_exception). It throws that *instead of* calling C again.
    ///
    /// With [`Exit::Raise`] the call is not repeated, and the native function throws the exception when C has returned.
    /// If the [caller looks](FastCallModel::caller_looks) itself, [`throw`](Self::throw) is sufficient.
    ///
    /// If the realm's model says that calls [repeat](ValueModel::repeats) fast calls, the ordinary functions of its records do
    /// check. Then one of them may run instead of a fast call, and does so as if [`throw`](Self::throw) were called.
    ///
    /// # Safety
    ///
    /// * A [fast call](Self::fast_call) of this realm is running on this thread.
    /// * No call of another function of the realm runs inside it.
    /// * The exit is that of its model, and its caller does not look itself.
    pub unsafe fn leave_fast_call(&self, exit: Exit, exception: E::Exception) {
        self.throw(exception);
        // SAFETY: the caller promises that such a fast call is running, with this exit.
        unsafe { self.flag_fast_call(exit) };
    }

    /// Does as [`leave_fast_call`](Self::leave_fast_call) for an exception that already waits, such as one that
    /// [`answer`](Self::answer) has kept.
    ///
    /// # Safety
    ///
    /// The contract of [`leave_fast_call`](Self::leave_fast_call).
    pub unsafe fn flag_fast_call(&self, exit: Exit) {
        if let Exit::Flag { offset } = exit {
            let flags = self.state.pending().exit();
            if flags.is_null() {
                let repeats = self.model().is_some_and(|model| model.repeats);
                debug_assert!(repeats, "no call has left its exit");
                return;
            }
            // SAFETY: the running call left its parameter there, which is valid until it returns.
            unsafe { flags.cast::<u8>().add(offset as usize).write(1) };
        }
    }

    /// The value of a slot of this type, which belongs to the caller. An aggregate's slot is the address of its bytes.
    ///
    /// It is meant for variables, and for results of calls that the engine did not make itself.
    ///
    /// # Errors
    ///
    /// The exception that the engine throws instead.
    ///
    /// # Safety
    ///
    /// * The site is one of the engine's.
    /// * The slot of a struct or union is the address of its bytes.
    pub unsafe fn to_value(&self, site: Site, ty: &Type, slot: Slot) -> Result<Words, E::Exception> {
        // SAFETY: the caller promises that the site is one of the engine's, and that an aggregate's slot is the address
        // of its bytes.
        unsafe { to_value(self.engine(), self.model(), site, Form::of(ty), slot) }
    }

    /// A value as a slot of this type; a struct or union as the address of its bytes in the engine's memory.
    ///
    /// Nothing is pinned: the address of bytes is valid as long as the engine leaves them in place.
    ///
    /// # Errors
    ///
    /// The value is not one of the type.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    pub unsafe fn to_slot(&self, site: Site, ty: &Type, value: Words) -> Result<Slot, Problem> {
        // SAFETY: the caller promises that the value is one of the engine's.
        unsafe { to_slot(self.engine(), self.model(), site, Form::of(ty), value) }.map(|converted| converted.slot)
    }

    /// Answers a call of a callback of this signature by script. `run` gets the arguments as values. It returns the
    /// result, which belongs to the caller. The argument values are released when `run` returns or panics.
    ///
    /// In a [fast call](Self::fast_call) an exception that waits afterwards also needs
    /// [`flag_fast_call`](Self::flag_fast_call), unless its caller [looks](FastCallModel::caller_looks).
    ///
    /// If an exception already waits, `run` is not called, and C gets zeros. If `run` returns an exception, or a result
    /// that is not one of the type, an exception then waits for the native function below this callback. Returns true
    /// if one waits now. A callback without a native function of the realm below it must then
    /// [take](Self::take_exception) the exception. Otherwise the next native function would throw it after its own
    /// call.
    ///
    /// The memory of the result is zero when `run` is called, even if C has shown script that memory. If the result is
    /// a pointer, C gets the address of a buffer's bytes, and the value is released. Script must keep the buffer as
    /// long as C uses it.
    ///
    /// # Safety
    ///
    /// * The call is one of a callback with this signature, on the realm's thread.
    /// * The site is one of the engine's, and `run` returns a value of it.
    /// * Arguments are made one after the other. An engine may move or collect objects while it makes values. It then
    ///   keeps earlier arguments itself, for example if [`Engine::make`] roots them, or finds them on the stack and
    ///   leaves them in place. Once `run` has begun, `run` keeps them.
    pub unsafe fn answer(
        &self,
        site: Site,
        signature: &Signature,
        call: &mut Call<'_>,
        run: impl FnOnce(&[Words]) -> Result<Words, E::Exception>,
    ) -> bool {
        if self.state.pending().is_set() {
            return true;
        }
        let _running = self.enter_script();
        // The values are on the stack, so that engines which search the stack find them.
        let mut values = MadeValues::none(self.engine(), site);
        let mut thrown = None;
        for (ty, &slot) in signature.params().iter().zip(call.slots()) {
            // SAFETY: the caller promises that the site is one of the engine's. The slots are those of the signature.
            match unsafe { self.to_value(site, ty, slot) } {
                Ok(value) => values.push(value),
                Err(exception) => {
                    thrown = Some(exception);
                    break;
                }
            };
        }
        let result = thrown.map_or_else(|| run(values.made()), Err);
        drop(values);
        let thrown = match (result, signature.result()) {
            (Err(exception), _) => Some(exception),
            (Ok(value), ty) => {
                // SAFETY: the caller promises that `run` returns a value of the engine.
                let thrown = ty.and_then(|ty| unsafe { self.set_result(site, ty, call, value) });
                // SAFETY: the value belongs to this function.
                unsafe { self.engine().release(site, value) };
                thrown
            }
        };
        if let Some(exception) = thrown {
            self.throw(exception);
        }
        self.is_pending()
    }

    /// Tells the realm that a callback calls script, until the returned value is dropped. It is for callbacks that convert
    /// values themselves. [`answer`](Self::answer) does this.
    pub fn enter_script(&self) -> RunningCalls<'_> {
        RunningCalls::begin(self.state.pending())
    }

    /// # Safety
    ///
    /// The value is one of the engine's, and the type that of the call's result.
    unsafe fn set_result(&self, site: Site, ty: &Type, call: &mut Call<'_>, value: Words) -> Option<E::Exception> {
        // SAFETY: the caller promises that the value is one of the engine's.
        let slot = match unsafe { self.result_slot(site, ty, value) } {
            Ok(slot) => slot,
            Err(exception) => return Some(exception),
        };
        match call.result_bytes().map(|bytes| (bytes.as_mut_ptr(), bytes.len())) {
            // C may have shown script the memory of its result, so source and destination may be equal.
            // SAFETY: the slot is the address of at least the type's size in bytes.
            Ok((result, len)) => unsafe { ptr::copy(slot.as_ptr(), result, len) },
            // The result is either bytes or a slot.
            Err(_) => call.set_slot(slot).unwrap_or_default(),
        }
        None
    }

    /// The value that script has returned from a callback, as a slot of the result's type.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's, and so is the site.
    pub(super) unsafe fn result_slot(&self, site: Site, ty: &Type, value: Words) -> Result<Slot, E::Exception> {
        // SAFETY: the caller promises that the value is one of the engine's.
        unsafe { self.to_slot(site, ty, value) }.map_err(|problem| {
            let error = EngineError::CallbackResult { ty: ty.clone(), problem };
            // SAFETY: the caller promises that the site is one of the engine's.
            unsafe { self.engine().exception(site, &error) }
        })
    }

    /// The model with its helpers; `None` for a realm of handles.
    pub(super) fn abi(&self) -> Option<&EngineAbi> {
        self.state.abi()
    }

    /// Keeps an exception until the running native function returns, which then throws it. For a fast call whose exit
    /// is a flag, see [`leave_fast_call`](Self::leave_fast_call). If the [caller looks](FastCallModel::caller_looks),
    /// it throws the exception. The first exception is kept, and later ones are dropped.
    pub fn throw(&self, exception: E::Exception) {
        self.state.keep(exception);
    }

    /// Returns true if an exception waits.
    pub fn is_pending(&self) -> bool {
        self.state.pending().is_set()
    }

    /// The address of a word that is not 0 exactly while an exception waits, for [callers that
    /// look](FastCallModel::caller_looks) themselves. It may only be read, on the realm's thread, and lives as long as
    /// the realm. [`take_exception`](Self::take_exception) returns the exception.
    pub fn pending(&self) -> NonNull<u32> {
        NonNull::from_ref(self.pending_cell()).cast()
    }

    pub(super) fn pending_cell(&self) -> &Pending {
        self.state.pending()
    }

    /// Gives the engine the pinned objects of calls that have returned, by [`Engine::take_pins`], if the model has a
    /// [list](super::PinList). A runtime calls this when it no longer keeps bytes for C, and at its end.
    ///
    /// # Safety
    ///
    /// * The site is one of the engine's.
    /// * Script runs, or nothing of the realm does. So it is not for methods of the [`Engine`].
    pub unsafe fn take_pins(&self, site: Site) {
        // SAFETY: the caller promises that the site is one of the engine's. A call that runs has called script.
        unsafe { self.state.take_pins(site) };
    }

    /// Calls `visit` for each object in the [list](super::PinList) of pinned objects, for a collector that must keep them.
    pub fn visit_pins(&self, visit: impl FnMut(u64)) {
        self.state.pending().visit_pins(visit);
    }

    /// Returns true if running calls may work on bytes of pinned objects: calls that have called script, which asks now.
    /// Then a runtime does not move or free the bytes of any object. Only [`answer`](Self::answer) and callbacks of
    /// [`thunk`](Self::thunk) tell the realm that C calls script. So other handlers of callbacks do not run script.
    pub fn pins_are_in_use(&self) -> bool {
        self.state.pending().pins_are_in_use()
    }

    /// Takes the exception that waits. It is for code without a running native function of the realm, which would throw
    /// it. For example, a callback may have been called from elsewhere, or the [caller
    /// looks](FastCallModel::caller_looks). Dropping the exception releases it. An exception for an error that hotcall
    /// has left is made now, by [`Engine::exception`] with an empty site.
    pub fn take_exception(&self) -> Option<E::Exception> {
        self.state.take_exception()
    }
}

/// The state of the calls that run, while C calls script. Calls by script change it, and dropping this restores it.
#[must_use = "dropping it says that script has returned"]
pub struct RunningCalls<'a> {
    pending: &'a Pending,
    exit: *mut c_void,
    pins: *mut u64,
}

impl fmt::Debug for RunningCalls<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningCalls").finish_non_exhaustive()
    }
}

impl<'a> RunningCalls<'a> {
    #[inline]
    fn begin(pending: &'a Pending) -> Self {
        Self { pending, exit: pending.exit(), pins: pending.enter_script() }
    }
}

impl Drop for RunningCalls<'_> {
    fn drop(&mut self) {
        self.pending.set_exit(self.exit);
        self.pending.leave_script(self.pins);
    }
}

/// Values that the engine has made, released when the collection is dropped.
struct MadeValues<'a, E: Engine> {
    engine: &'a E,
    site: Site,
    values: [MaybeUninit<Words>; MAX_PARAMETERS],
    made: usize,
}

impl<'a, E: Engine> MadeValues<'a, E> {
    const fn none(engine: &'a E, site: Site) -> Self {
        Self { engine, site, values: [const { MaybeUninit::uninit() }; MAX_PARAMETERS], made: 0 }
    }

    fn push(&mut self, value: Words) {
        self.values[self.made].write(value);
        self.made += 1;
    }

    const fn made(&self) -> &[Words] {
        // SAFETY: the first `made` values were written.
        unsafe { slice::from_raw_parts(self.values.as_ptr().cast(), self.made) }
    }
}

impl<E: Engine> Drop for MadeValues<'_, E> {
    fn drop(&mut self) {
        for &value in self.made() {
            // SAFETY: this engine made the values, and they are not used any more.
            unsafe { self.engine.release(self.site, value) };
        }
    }
}

impl<E: Engine> Clone for Realm<E> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), callbacks: self.callbacks, on_one_thread: PhantomData }
    }
}

impl<E: Engine> fmt::Debug for Realm<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realm").field("pending", &self.is_pending()).finish_non_exhaustive()
    }
}
