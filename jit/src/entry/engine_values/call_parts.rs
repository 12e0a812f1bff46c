//! The parts of calls that compiled code leaves to the interpreter and to helpers. Most of them end the call: compiled
//! code returns their result.

use std::ffi::c_void;
use std::ptr;

use crate::engine::call::{Failure, NativeCall};
use crate::entry::engine_values::dropped::DroppedFunction;
use crate::entry::engine_values::holder::ShapeHolder;
use crate::entry::engine_values::native_result::NativeResult;
use crate::stubs::cell::count_retired_call;

/// The addresses of these functions.
#[derive(Clone, Copy)]
pub(crate) struct CallParts {
    pub(crate) begin: *const c_void,
    pub(crate) interpret: *const c_void,
    pub(crate) convert_result: *const c_void,
    pub(crate) throw_pending: *const c_void,
}

impl CallParts {
    pub(crate) fn new() -> Self {
        Self {
            begin: begin as *const c_void,
            interpret: interpret as *const c_void,
            convert_result: convert_result as *const c_void,
            throw_pending: throw_pending as *const c_void,
        }
    }
}

/// Converts the arguments of a call that compiled code goes on with, and counts the call. Returns the record's target. On
/// failure it throws, and returns null.
///
/// # Safety
///
/// * The contract of [`interpret`], apart from the memory at `to`.
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
        NativeCall::begin(call);
        let (interpreter, target) = (ShapeHolder::of(record).interpreter(), record.target());
        if target.is_null() {
            (interpreter.engine().helpers().fail)(call, Failure::Closed);
            return ptr::null();
        }
        record.count_call();
        if interpreter.convert(call, argc, argv, slots) { target } else { ptr::null() }
    }
}

/// Interprets the whole call.
///
/// # Safety
///
/// * [`EngineValues::record`](super::function::EngineValues::record) made the call's record, unless it is gone. The call
///   has room for its pins.
/// * There are `argc` values at `argv`, and the memory at `to` that [`NativeResult::of`] wants.
unsafe extern "C-unwind" fn interpret(
    call: *mut NativeCall,
    argc: usize,
    argv: *const u8,
    to: *mut u8,
) -> NativeResult {
    // SAFETY: unless the record is gone, it points to its holder. The caller promises the call, its pins, its values and
    // the memory for its result.
    unsafe {
        let record = (*call).record;
        if (*record).is_gone() {
            // No helper can be asked to throw, because all of them need the whole record.
            count_retired_call();
            return NativeResult::of(DroppedFunction::engine_of(record), None, to);
        }
        NativeCall::begin(call);
        let (interpreter, mut value) = (ShapeHolder::of(record).interpreter(), [0; 2]);
        let made = interpreter.run(call, argc, argv, &mut value);
        NativeResult::of(interpreter.engine(), made.then_some(value), to)
    }
}

/// Makes the helper convert the result of C in the slot or the bytes at `result`.
///
/// # Safety
///
/// * The call is of a function of the engine-values entry whose record is not gone. `result` has C's result.
/// * There is the memory at `to` that [`NativeResult::of`] wants.
unsafe extern "C-unwind" fn convert_result(call: *mut NativeCall, result: *const u64, to: *mut u8) -> NativeResult {
    let mut value = [0; 2];
    // SAFETY: the caller promises a call of this engine, its result, and the memory for the value.
    unsafe {
        let engine = ShapeHolder::of((*call).record).interpreter().engine();
        let made = engine.make_value(call, result, &mut value);
        NativeResult::of(engine, made.then_some(value), to)
    }
}

/// Throws the exception that waits.
///
/// # Safety
///
/// * The call is of a function of the engine-values entry whose record is not gone.
/// * There is the memory at `to` that [`NativeResult::of`] wants.
unsafe extern "C-unwind" fn throw_pending(call: *mut NativeCall, to: *mut u8) -> NativeResult {
    // SAFETY: the caller promises a call of this engine.
    unsafe {
        let engine = ShapeHolder::of((*call).record).interpreter().engine();
        (engine.helpers().fail)(call, Failure::Pending);
        NativeResult::of(engine, None, to)
    }
}
