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
use hotcall_jit::{MAX_PARAMETERS, Signature, Type};

use super::convert::{Converted, to_slot, to_value};
use super::engine::Engine;
use super::error::{EngineError, RecordError};
use super::fast_call::FastCallRecord;
use super::helpers::helpers;
use super::problem::Problem;
use super::realm_state::RealmState;
use super::record::Record;
use super::site::Site;
use crate::callback::call::Call;
use crate::function::error::CompileError;
use crate::function::function::Function;
use crate::slots::slot::Slot;
use hotcall_jit::Form;

/// One instance of an engine, on one thread: its functions, and the exception that waits for one of them to return.
///
/// An exception of a callback cannot pass through the C code that called back. It waits here until C has returned, and then
/// the native function throws it, or its [caller](FastCallModel::caller_looks). While it waits, callbacks answer with zeros and run no
/// script.
///
/// Clones are the same realm. Records keep it; the last of all these drops the engine and an exception that still waits,
/// on its thread. So an engine that owns its records, or a realm, is never dropped.
pub struct Realm<E: Engine> {
    state: Arc<RealmState<E>>,
    /// Script runs on one thread.
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
    /// The model is that of the engine: what it says of values and native functions is true.
    pub unsafe fn new(engine: E, model: ValueModel) -> Result<Self, ModelError> {
        let abi = EngineAbi::new(model, helpers::<E>())?;
        Ok(Self::with(Some(abi), engine))
    }

    /// A realm of an engine whose values nobody but itself reads: it hands out *handles*, which are the first of the
    /// [`Words`].
    ///
    /// Such a realm makes no [records](Self::record). It converts, answers callbacks, keeps exceptions, and makes functions for
    /// the engine's [compiled code](Self::fast_call).
    pub fn of_handles(engine: E) -> Self {
        Self::with(None, engine)
    }

    fn with(abi: Option<EngineAbi>, engine: E) -> Self {
        Self { state: Arc::new(RealmState::new(abi, engine)), on_one_thread: PhantomData }
    }

    /// The engine.
    pub fn engine(&self) -> &E {
        self.state.engine()
    }

    /// The model, if it has one.
    pub fn model(&self) -> Option<&ValueModel> {
        self.state.model()
    }

    /// Makes a C function one that the engine can call.
    ///
    /// # Errors
    ///
    /// No code can be made for the function's signature; the realm is one of handles.
    ///
    /// # Safety
    ///
    /// * The function has its signature, and calling it is sound, on the engine's thread, with whatever arguments script may
    ///   pass: script can pass every number, and hand a wrong pointer to a function that takes one.
    /// * The engine calls [`Record::entry`] as the model says, on the realm's thread, and passes the record where the model
    ///   has a role for it. Where the model is `padded` it fills arguments up to [`Record::arity`] at least.
    /// * The record outlives every call, and every way to call the function.
    /// * Nothing that the [`Engine`] does panics where the engine's own frames, which such a panic would pass through, do not
    ///   stand it.
    pub unsafe fn record(&self, function: &Function) -> Result<Record, RecordError> {
        Record::new(function, &self.state)
    }

    /// Makes a C function one that the engine's compiled code can call with arguments in registers.
    ///
    /// # Errors
    ///
    /// The model does not fit the function's signature, or no code can be made for it.
    ///
    /// # Safety
    ///
    /// * As for [`record`](Self::record): the function has its signature, and stands whatever script passes.
    /// * The engine calls [`FastCallRecord::entry`] as the model says, on the realm's thread, and what the model says of handles is
    ///   true.
    /// * The record outlives every call, and every way to call the function.
    /// * From when machine code reads an object until C has returned its bytes stay where they are: in such a call
    ///   [`Engine::view`] moves and collects nothing.
    /// * The result of a refused call is not used, and may be no value of its type.
    ///
    /// Where the [caller looks](FastCallModel::caller_looks), it has to look after each call, before anything else runs in the realm: else a
    /// later call throws what this one has left.
    pub unsafe fn fast_call(&self, function: &Function, model: &FastCallModel) -> Result<FastCallRecord, CompileError> {
        FastCallRecord::new(function, &self.state, model)
    }

    /// Keeps an exception, as [`throw`](Self::throw) does, and has the engine leave the call of its compiled code that is running
    /// and make it in its ordinary way. Script cannot run inside such a call, so that a callback has no other answer: C gets zeros
    /// and returns, and then the ordinary function, which must look first whether an exception [waits](Self::take_exception), throws
    /// it *instead of* calling C again.
    ///
    /// With [`Exit::Raise`] there is no other call, and the native function throws it when C has returned. Where the
    /// [caller looks](FastCallModel::caller_looks) itself, [`throw`](Self::throw) is all that is needed.
    ///
    /// # Safety
    ///
    /// A [fast call](Self::fast_call) of this realm is running on this thread, none of another function of it inside
    /// of that, the exit is that of its model, and its caller does not look itself.
    pub unsafe fn leave_fast_call(&self, exit: Exit, exception: E::Exception) {
        self.throw(exception);
        // SAFETY: the caller vouches for it.
        unsafe { self.flag_fast_call(exit) };
    }

    /// The same for an exception that waits already, such as one that [`answer`](Self::answer) has kept.
    ///
    /// # Safety
    ///
    /// That of [`leave_fast_call`](Self::leave_fast_call).
    pub unsafe fn flag_fast_call(&self, exit: Exit) {
        if let Exit::Flag { offset } = exit {
            debug_assert!(!self.state.pending().exit().is_null(), "no call has left its exit");
            // SAFETY: the parameter that the call left there is good until it returns.
            unsafe { self.state.pending().exit().cast::<u8>().add(offset as usize).write(1) };
        }
    }

    /// The value of a slot of this type, which belongs to the caller. An aggregate's slot is the address of its bytes.
    ///
    /// For the results of calls that the engine did not make itself, and for variables.
    ///
    /// # Errors
    ///
    /// What the engine throws instead.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's; the slot of a struct or union is the address of its bytes.
    pub unsafe fn to_value(&self, site: Site, ty: &Type, slot: Slot) -> Result<Words, E::Exception> {
        // SAFETY: the caller vouches for both.
        unsafe { to_value(self.engine(), self.model(), site, Form::of(ty), slot) }
    }

    /// A value as a slot of this type; a struct or union as the address of its bytes in the engine's memory.
    ///
    /// Nothing is pinned: the address of bytes is good as long as the engine leaves them where they are.
    ///
    /// # Errors
    ///
    /// The value is none of the type.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    pub unsafe fn to_slot(&self, site: Site, ty: &Type, value: Words) -> Result<Slot, Problem> {
        // SAFETY: the caller vouches for the value.
        unsafe { to_slot(self.engine(), self.model(), site, Form::of(ty), value) }.map(|converted| converted.slot)
    }

    /// Answers a call of a callback of this signature by script: `run` gets the arguments as values and returns the result,
    /// which belongs to the caller. The values are released when it returns or panics.
    ///
    /// In a [fast call](Self::fast_call) an exception that waits afterwards needs [`flag_fast_call`](Self::flag_fast_call) too,
    /// unless its caller [looks](FastCallModel::caller_looks).
    ///
    /// If an exception waits, nothing is run, and C gets zeros. An exception that `run` returns, and a result that is none of the
    /// type, wait for the native function at whose bottom this callback runs. Whether one waits now is what this returns. A
    /// callback that runs where no native function of the realm is below it must [take](Self::take_exception) it then:
    /// the next native function would throw it after its own call.
    ///
    /// Where the result goes is zeros when `run` is called, also if C has shown script that memory. If the result is a
    /// pointer, C gets the address of a buffer's bytes, and the value is released: script must keep the buffer as long as C
    /// uses it.
    ///
    /// # Safety
    ///
    /// * The call is one of a callback with this signature, on the realm's thread.
    /// * The site is one of the engine's, and `run` returns a value of it.
    /// * Arguments are made one after the other. An engine that moves or collects objects while it makes values keeps those
    ///   by itself ([`Engine::make`] roots them, say), or finds them on the stack and leaves them where they are; from the
    ///   beginning of `run` on that is the affair of `run`.
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
        // On the stack, where engines that look for values there find them.
        let mut values = MadeValues::none(self.engine(), site);
        let mut thrown = None;
        for (ty, &slot) in signature.params().iter().zip(call.slots()) {
            // SAFETY: the caller vouches for the site; the slots are those of the signature.
            match unsafe { self.to_value(site, ty, slot) } {
                Ok(value) => values.push(value),
                Err(exception) => {
                    thrown = Some(exception);
                    break;
                }
            };
        }
        // Script may call functions that leave theirs there.
        let _exit = KeptExit::of(self.state.pending());
        let result = thrown.map_or_else(|| run(values.made()), Err);
        drop(values);
        let thrown = match (result, signature.result()) {
            (Err(exception), _) => Some(exception),
            (Ok(value), ty) => {
                // SAFETY: the caller vouches for the value.
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

    /// # Safety
    ///
    /// The value is one of the engine's, and the type that of the call's result.
    unsafe fn set_result(&self, site: Site, ty: &Type, call: &mut Call<'_>, value: Words) -> Option<E::Exception> {
        // SAFETY: the caller vouches for the value.
        let problem = match unsafe { to_slot(self.engine(), self.model(), site, Form::of(ty), value) } {
            Err(problem) => problem,
            Ok(Converted { slot, .. }) => {
                match call.result_bytes().map(|bytes| (bytes.as_mut_ptr(), bytes.len())) {
                    // C may have shown script the memory of its result, so that this is from there to there.
                    // SAFETY: there are at least as many bytes as the type has.
                    Ok((result, len)) => unsafe { ptr::copy(slot.as_ptr(), result, len) },
                    // It has either bytes or a slot.
                    Err(_) => call.set_slot(slot).unwrap_or_default(),
                }
                return None;
            }
        };
        let error = EngineError::CallbackResult { ty: ty.clone(), problem };
        // SAFETY: the caller vouches for the site.
        Some(unsafe { self.engine().exception(site, &error) })
    }

    /// Keeps an exception until the running native function returns, which then throws it (a fast call whose exit is a flag: see
    /// [`leave_fast_call`](Self::leave_fast_call); or its [caller](FastCallModel::caller_looks)). The first one wins, and later ones are
    /// dropped.
    pub fn throw(&self, exception: E::Exception) {
        self.state.keep(exception);
    }

    /// Whether an exception waits.
    pub fn is_pending(&self) -> bool {
        self.state.pending().is_set()
    }

    /// Whether an exception waits, for [callers that look](FastCallModel::caller_looks) by themselves: 0 where none does. It is for reading,
    /// on the realm's thread, and lives as long as the realm. The exception is had by [`take_exception`](Self::take_exception).
    pub fn pending(&self) -> NonNull<u32> {
        NonNull::from_ref(self.state.pending()).cast()
    }

    /// Takes the exception that waits, where no native function of the realm is running that would throw it: a callback may have
    /// been called from elsewhere, or the [caller looks](FastCallModel::caller_looks). Who does not throw it drops it, and so lets go of
    /// it. An exception that hotcall has left is made now, by [`Engine::exception`] with an empty site.
    pub fn take_exception(&self) -> Option<E::Exception> {
        self.state.take_exception()
    }
}

/// The exit of the running call, which is restored when this is dropped.
struct KeptExit<'a> {
    pending: &'a Pending,
    exit: *mut c_void,
}

impl<'a> KeptExit<'a> {
    fn of(pending: &'a Pending) -> Self {
        Self { pending, exit: pending.exit() }
    }
}

impl Drop for KeptExit<'_> {
    fn drop(&mut self) {
        self.pending.set_exit(self.exit);
    }
}

/// Values that the engine has made, which are released when this is dropped.
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
            // SAFETY: the values were made by this engine, and are used no more.
            unsafe { self.engine.release(self.site, value) };
        }
    }
}

impl<E: Engine> Clone for Realm<E> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), on_one_thread: PhantomData }
    }
}

impl<E: Engine> fmt::Debug for Realm<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realm").field("pending", &self.is_pending()).finish_non_exhaustive()
    }
}
