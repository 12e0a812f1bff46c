//! The helpers that trampolines call, for any engine.

use hotcall_jit::JitError;
use hotcall_jit::engine::values::{EngineHelpers, Failure, NativeCall, Words};

use super::convert::{Converted, make_value, text, view_to_slot};
use super::engine::Engine;
use super::error::EngineError;
use super::problem::Problem;
use super::record::EngineValuesMemory;
use super::site::Site;
use super::text::Text;
use crate::function::error::CompileError;
use crate::slots::slot::Slot;
use hotcall_jit::Form;

/// The helpers for an engine.
pub(super) const fn helpers<E: Engine>() -> EngineHelpers {
    EngineHelpers { convert: convert::<E, true>, ..helpers_without_pins::<E>() }
}

/// The helpers for functions that do not call script back. They pin nothing.
pub(super) const fn helpers_without_pins<E: Engine>() -> EngineHelpers {
    EngineHelpers {
        convert: convert::<E, false>,
        result: result::<E>,
        finish: finish::<E>,
        take_pins: take_pins::<E>,
        fail: fail::<E>,
    }
}

/// A call with its record.
struct Called<'a, E: Engine> {
    record: &'a EngineValuesMemory<E>,
    site: Site,
}

impl<'a, E: Engine> Called<'a, E> {
    /// # Safety
    ///
    /// The call is one of a record of this engine.
    unsafe fn of(call: *mut NativeCall) -> Self {
        // SAFETY: the head is the first part of the record, which lives as long as the engine may call its function.
        unsafe {
            let site = Site::new((*call).context).with_exception((*call).exception);
            Self { record: &*(*call).record.cast::<EngineValuesMemory<E>>(), site }
        }
    }

    #[cold]
    fn refuse(&self, index: usize, problem: Problem) {
        if let Some(error) = self.record.data.refused(index, problem) {
            self.throw(&error);
        }
    }

    fn throw(&self, error: &EngineError) {
        // SAFETY: the site is that of a call by the engine.
        unsafe { self.record.realm.throw(self.site, error) };
    }
}

unsafe extern "C-unwind" fn convert<E: Engine, const PINS: bool>(
    call: *mut NativeCall,
    index: usize,
    value: *const Words,
    slot: *mut u64,
) -> bool {
    // SAFETY: trampolines of this engine call it with a value of its model's size and a place for a slot.
    unsafe {
        let called = Called::<E>::of(call);
        let realm = &called.record.realm;
        let wanted = called.record.data.wanted(index);
        let value = value.cast::<u64>();
        let words =
            [value.read(), if realm.model().is_some_and(|model| model.size == 16) { value.add(1).read() } else { 0 }];
        if let Some(text) = text(realm.engine(), called.site, wanted, words) {
            return match text {
                Ok(Text { address, pin }) => {
                    slot.write(Slot::from(address).to_bits());
                    NativeCall::pin(call, pin);
                    true
                }
                Err(problem) => {
                    called.refuse(index, problem);
                    false
                }
            };
        }
        // The caller has tried the model's classes.
        match view_to_slot(realm.engine(), called.site, wanted, words) {
            Ok(Converted { slot: converted, has_bytes }) => {
                slot.write(converted.to_bits());
                // Only values of pointers, structs and unions have bytes.
                if PINS
                    && has_bytes
                    && let Some(pin) = realm.engine().pin(called.site, words)
                {
                    NativeCall::pin(call, pin);
                }
                true
            }
            Err(problem) => {
                called.refuse(index, problem);
                false
            }
        }
    }
}

unsafe extern "C-unwind" fn result<E: Engine>(call: *mut NativeCall, result: *const u64, value: *mut Words) -> bool {
    // SAFETY: trampolines of this engine call it with a slot or the bytes of the result, and with a place for a value.
    unsafe {
        let called = Called::<E>::of(call);
        let realm = &called.record.realm;
        let form = called.record.data.result;
        let slot = match form {
            Form::Void | Form::Scalar(_) => Slot::from_bits(result.read()),
            Form::Bytes(_) => Slot::from(result),
        };
        // The model does not have a class for this slot. Trampolines make the values of its classes themselves.
        match make_value(realm.engine(), called.site, form, slot) {
            Ok(words) => {
                realm.engine().hand_over(called.site, words);
                value.write(words);
                true
            }
            Err(exception) => {
                realm.engine().throw(called.site, exception);
                false
            }
        }
    }
}

unsafe extern "C-unwind" fn finish<E: Engine>(call: *mut NativeCall) {
    // SAFETY: only trampolines of this engine call it.
    unsafe {
        let called = Called::<E>::of(call);
        while let Some(pin) = NativeCall::unpin(call) {
            called.record.realm.engine().unpin(called.site, pin);
        }
    }
}

unsafe extern "C-unwind" fn take_pins<E: Engine>(call: *mut NativeCall) {
    // SAFETY: only trampolines of this engine call it.
    unsafe {
        let called = Called::<E>::of(call);
        called.record.realm.take_pins(called.site);
    }
}

unsafe extern "C-unwind" fn fail<E: Engine>(call: *mut NativeCall, why: Failure) {
    // SAFETY: only trampolines of this engine call it.
    let called = unsafe { Called::<E>::of(call) };
    let realm = &called.record.realm;
    match why {
        Failure::Pending => {
            if let Some(exception) = realm.take_exception() {
                // SAFETY: the site is one of the engine's, because its trampoline makes the call.
                unsafe { realm.engine().throw(called.site, exception) };
            }
        }
        Failure::Closed => called.throw(&called.record.data.closed()),
        Failure::Memory => {
            let source = JitError::Memory("none was left for a call that needs more".into());
            called.throw(&CompileError::new(called.record.data.function.name(), source).into());
        }
    }
}
