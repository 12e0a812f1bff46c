//! What trampolines call, for any engine.

use hotcall_jit::JitError;
use hotcall_jit::engine::values::{EngineHelpers, Failure, NativeCall, Words};

use super::record::{Data, Full};
use super::values::{Converted, Form, make_value, view_to_slot};
use super::{Engine, Problem, Site};
use crate::error::Error;
use crate::function::function::Function;
use crate::slots::slot::Slot;

/// The helpers for an engine.
pub(super) const fn helpers<E: Engine>() -> EngineHelpers {
    EngineHelpers { convert: convert::<E>, result: result::<E>, finish: finish::<E>, fail: fail::<E> }
}

/// A call with its record.
struct Called<'a, E: Engine> {
    record: &'a Full<E>,
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
            Self { record: &*(*call).record.cast::<Full<E>>(), site }
        }
    }

    fn data(&self) -> &'a Data {
        &self.record.data
    }

    #[cold]
    fn refuse(&self, index: usize, problem: Problem) -> bool {
        let function = &self.data().function;
        let ty = function.signature().params()[index].clone();
        self.throw(&Error::Argument { function: function.name().into(), index, ty, problem })
    }

    fn throw(&self, error: &Error) -> bool {
        let engine = self.record.realm.engine();
        // SAFETY: the site is that of a call by the engine.
        unsafe { engine.throw(self.site, engine.exception(self.site, error)) };
        false
    }
}

/// Why the record of a function has no target.
pub(super) fn closed(function: &Function) -> Error {
    let closed = function.library().and_then(|library| library.check_open().err());
    closed.unwrap_or_else(|| Error::NullFunction { function: function.name().into() })
}

unsafe extern "C-unwind" fn convert<E: Engine>(
    call: *mut NativeCall,
    index: usize,
    value: *const Words,
    slot: *mut u64,
) -> bool {
    // SAFETY: trampolines of this engine call it with a value of its model's size, and a place for a slot.
    unsafe {
        let called = Called::<E>::of(call);
        let realm = &called.record.realm;
        let Some(&form) = called.data().params.get(index) else { return false };
        let value = value.cast::<u64>();
        let words =
            [value.read(), if realm.model().is_some_and(|model| model.size == 16) { value.add(1).read() } else { 0 }];
        // Whoever calls this has tried the model's classes.
        match view_to_slot(realm.engine(), called.site, form, words) {
            Ok(Converted { slot: converted, has_bytes }) => {
                slot.write(converted.to_bits());
                if has_bytes && let Some(pin) = realm.engine().pin(called.site, words) {
                    // Only what is a pointer, a struct or a union has bytes.
                    NativeCall::pin(call, pin);
                }
                true
            }
            Err(problem) => called.refuse(index, problem),
        }
    }
}

unsafe extern "C-unwind" fn result<E: Engine>(call: *mut NativeCall, result: *const u64, value: *mut Words) -> bool {
    // SAFETY: trampolines of this engine call it with a slot or the bytes of the result, and a place for a value.
    unsafe {
        let called = Called::<E>::of(call);
        let realm = &called.record.realm;
        let Some(form) = called.data().result else { return false };
        let slot = match form {
            Form::Scalar(_) => Slot::from_bits(result.read()),
            Form::Bytes(_) => Slot::from(result),
        };
        // As above.
        match make_value(realm.engine(), called.site, form, slot) {
            Ok(words) => {
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
    // SAFETY: trampolines of this engine call it.
    unsafe {
        let called = Called::<E>::of(call);
        while let Some(pin) = NativeCall::unpin(call) {
            called.record.realm.engine().unpin(called.site, pin);
        }
    }
}

unsafe extern "C-unwind" fn fail<E: Engine>(call: *mut NativeCall, why: Failure) {
    // SAFETY: trampolines of this engine call it.
    let called = unsafe { Called::<E>::of(call) };
    let realm = &called.record.realm;
    let function = &called.data().function;
    match why {
        Failure::Pending => {
            if let Some(exception) = realm.take_exception() {
                // SAFETY: the site is one of the engine's, because its trampoline called.
                unsafe { realm.engine().throw(called.site, exception) };
            }
        }
        Failure::Closed => {
            called.throw(&closed(function));
        }
        Failure::Memory => {
            let source = Box::new(JitError::Memory("none was left for a call that needs more".into()));
            called.throw(&Error::Compile { function: function.name().into(), source });
        }
    }
}
