//! The helpers that thunks of callbacks call, for any engine.

use std::ptr;

use hotcall_jit::Form;
use hotcall_jit::engine::values::{EngineCallbackHelpers, EngineCallbackRecord, Words};

use super::engine::Engine;
use super::script_function::{CallbackRecord, Catch, ScriptFunction};
use crate::slots::slot::Slot;

/// The helpers for an engine.
pub(super) const fn helpers<E: Catch>() -> EngineCallbackHelpers {
    EngineCallbackHelpers {
        argument: argument::<E>,
        release: release::<E>,
        result: result::<E>,
        thrown: thrown::<E>,
        ended,
    }
}

/// The function of a call in progress.
///
/// # Safety
///
/// A thunk of this engine calls the helper with its record.
unsafe fn function<'a, E: Engine>(record: *const EngineCallbackRecord) -> &'a ScriptFunction<E> {
    // SAFETY: the data of the record of an engine's thunk is such a function, which lives while calls are in progress.
    unsafe { &*(*record).data().cast() }
}

impl<E: Engine> ScriptFunction<E> {
    /// The bytes of a value.
    fn size(&self) -> usize {
        self.realm().model().map_or(0, |model| model.size.into())
    }

    /// # Safety
    ///
    /// There is a value of this engine at the address.
    unsafe fn read(&self, value: *const u8) -> Words {
        let mut words = [0; 2];
        // SAFETY: the caller promises a value, which has this size.
        unsafe { value.copy_to_nonoverlapping(words.as_mut_ptr().cast(), self.size()) };
        words
    }

    /// Releases the values of the first `count` arguments.
    ///
    /// # Safety
    ///
    /// So many values are at the address, and are not used any more.
    unsafe fn release(&self, count: usize, argv: *const u8) {
        for index in 0..count {
            // SAFETY: the caller promises that the values are there and belong to this call.
            unsafe { self.realm().engine().release(self.site(), self.read(argv.add(index * self.size()))) };
        }
    }
}

unsafe extern "C" fn argument<E: Catch>(
    record: *const EngineCallbackRecord,
    index: usize,
    slot: *const u64,
    argv: *mut u8,
) -> bool {
    // SAFETY: a thunk of this engine calls the helper, with a slot of the parameter's type and with room for all values.
    // The values in front of this one were made.
    unsafe {
        let function = function::<E>(record);
        let mut is_made = false;
        let panicked = !function.panics.guard(|| {
            let ty = &function.signature().params()[index];
            match function.realm().to_value(function.site(), ty, Slot::from_bits(slot.read())) {
                Ok(value) => {
                    let to = argv.add(index * function.size());
                    value.as_ptr().cast::<u8>().copy_to_nonoverlapping(to, function.size());
                    is_made = true;
                }
                Err(exception) => {
                    function.release(index, argv);
                    function.realm().throw(exception);
                }
            }
        });
        if panicked {
            let _: bool = function.panics.guard(|| function.release(index, argv));
        }
        is_made
    }
}

unsafe extern "C" fn release<E: Catch>(record: *const EngineCallbackRecord, argv: *const u8) {
    // SAFETY: a thunk of this engine calls the helper, after it has made the values of all arguments.
    unsafe {
        let function = function::<E>(record);
        let _: bool = function.panics.guard(|| function.release(function.signature().params().len(), argv));
    }
}

unsafe extern "C" fn result<E: Catch>(record: *const EngineCallbackRecord, value: *const u64, result: *mut u64) {
    // SAFETY: a thunk of this engine calls the helper with the value that script has returned, which belongs to the call,
    // and with memory for the result.
    unsafe {
        let function = function::<E>(record);
        let _: bool = function.panics.guard(|| {
            let value = function.read(value.cast());
            let (realm, site) = (function.realm(), function.site());
            let converted = function.signature().result().map(|ty| {
                let slot = realm.result_slot(site, ty, value)?;
                match Form::of(Some(ty)) {
                    // C may have shown script the memory of its result, so source and destination may be equal.
                    Form::Bytes(size) => ptr::copy(slot.as_ptr::<u8>(), result.cast(), size as usize),
                    Form::Void | Form::Scalar(_) => result.write(slot.to_bits()),
                }
                Ok(())
            });
            realm.engine().release(site, value);
            if let Some(Err(exception)) = converted {
                realm.throw(exception);
            }
        });
    }
}

unsafe extern "C" fn thrown<E: Catch>(record: *const EngineCallbackRecord, thrown: *const u64) {
    // SAFETY: a thunk of this engine calls the helper after the call function has reported an exception, with the memory
    // of a thrown value.
    unsafe {
        let function = function::<E>(record);
        let _: bool = function.panics.guard(|| {
            let thrown = function.read(thrown.cast());
            function.realm().throw(function.realm().engine().catch(function.site(), thrown));
        });
    }
}

unsafe extern "C" fn ended(record: *const EngineCallbackRecord) {
    // SAFETY: a thunk calls the helper on the owner's thread. The records of all engines' thunks are such records.
    unsafe { (*record.cast::<CallbackRecord>()).end_call() };
}
