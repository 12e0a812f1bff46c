//! The parts of calls that compiled code leaves to the interpreter and to helpers. Most of them end the call: compiled
//! code returns their result.

use std::ffi::c_void;
use std::ptr;

use crate::engine::call::{Failure, NativeCall};
use crate::engine::values::model::{Role, ValueModel};
use crate::entry::engine_values::dropped::DroppedFunction;
use crate::entry::engine_values::holder::ShapeHolder;
use crate::entry::engine_values::native_result::NativeResult;
use crate::stubs::cell::count_retired_call;

/// The addresses of these functions.
#[derive(Clone, Copy)]
pub(crate) struct CallParts {
    pub(crate) begin: *const c_void,
    pub(crate) leave: *const c_void,
}

/// The rest of a call that compiled code leaves: a number of arguments to interpret the whole call with, or one of these
/// numbers.
pub(crate) struct Rest;

impl Rest {
    /// The exception that waits is thrown.
    pub(crate) const THROW_PENDING: usize = usize::MAX;
    /// The helper converts C's result.
    pub(crate) const CONVERT_RESULT: usize = usize::MAX - 1;
}

impl CallParts {
    pub(crate) fn new() -> Self {
        Self { begin: begin as *const c_void, leave: leave as *const c_void }
    }
}

/// Writes null to the fields that the engine does not pass. Compiled code leaves them unset.
///
/// # Safety
///
/// The call may be written to.
unsafe fn complete(call: *mut NativeCall, model: &ValueModel) {
    // SAFETY: the caller promises that the call may be written to.
    unsafe {
        if !model.passes_context() {
            (&raw mut (*call).context).write(ptr::null_mut());
        }
        if model.index(|role| role == Role::Exception).is_none() {
            (&raw mut (*call).exception).write(ptr::null_mut());
        }
    }
}

/// Converts the arguments of a call that compiled code goes on with, and counts the call. Returns the record's target. On
/// failure it throws, and returns null.
///
/// # Safety
///
/// * [`EngineValues::record`](super::function::EngineValues::record) made the call's record, unless it is gone. The call
///   has room for its pins.
/// * There are `argc` values at `argv`.
/// * There are slots for all parameters at `slots`.
unsafe extern "C-unwind" fn begin(
    call: *mut NativeCall,
    argc: usize,
    argv: *const u8,
    slots: *mut u64,
) -> *const c_void {
    // SAFETY: unless the record is gone, it points to its holder. The caller promises the call, its pins, its values and
    // its slots.
    unsafe {
        let record = &*(*call).record;
        if record.is_gone() {
            count_retired_call();
            return ptr::null();
        }
        let (interpreter, target) = (ShapeHolder::of(record).interpreter(), record.target());
        complete(call, interpreter.engine().model());
        NativeCall::begin(call);
        if target.is_null() {
            (interpreter.engine().helpers().fail)(call, Failure::Closed);
            return ptr::null();
        }
        record.count_call();
        if interpreter.convert(call, argc, argv, slots) { target } else { ptr::null() }
    }
}

/// Does the [`Rest`] of a call, and returns its result. One function does each rest, because each call of a function takes
/// long to compile.
///
/// # Safety
///
/// * [`EngineValues::record`](super::function::EngineValues::record) made the call's record, unless it is gone.
/// * If the rest is a number of arguments, there are as many values at `data`. The call has room for its pins.
/// * If the rest is C's result, the slot or the bytes at `data` have it.
/// * Unless the rest is a number of arguments, the record is not gone.
/// * There is the memory at `to` that [`NativeResult::of`] wants.
unsafe extern "C-unwind" fn leave(call: *mut NativeCall, rest: usize, data: *const u8, to: *mut u8) -> NativeResult {
    // SAFETY: unless the record is gone, it points to its holder. The caller promises the call, its pins, its values or
    // its result, and the memory for the value.
    unsafe {
        let record = (*call).record;
        if (*record).is_gone() {
            // No helper can be asked to throw, because all of them need the whole record.
            count_retired_call();
            return NativeResult::of(DroppedFunction::engine_of(record), None, to);
        }
        let (interpreter, mut value) = (ShapeHolder::of(record).interpreter(), [0; 2]);
        let helpers = interpreter.engine().helpers();
        complete(call, interpreter.engine().model());
        let made = match rest {
            Rest::THROW_PENDING => {
                (helpers.fail)(call, Failure::Pending);
                false
            }
            Rest::CONVERT_RESULT => interpreter.engine().make_value(call, data.cast(), &mut value),
            argc => {
                NativeCall::begin(call);
                interpreter.undo_pins(&*record, argc);
                interpreter.run(call, argc, data, &mut value)
            }
        };
        NativeResult::of(interpreter.engine(), made.then_some(value), to)
    }
}
