//! The parts of calls that compiled code leaves to the interpreter and to helpers. Most of them end the call: compiled
//! code returns their result.

use std::ffi::c_void;

use crate::engine::call::{Failure, NativeCall};
use crate::entry::engine_values::interpreter::{self, engine_of};
use crate::entry::engine_values::native_result::NativeResult;

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
            begin: interpreter::begin as *const c_void,
            interpret: interpret as *const c_void,
            convert_result: convert_result as *const c_void,
            throw_pending: throw_pending as *const c_void,
        }
    }
}

/// Interprets the whole call.
///
/// # Safety
///
/// * The call is of a function of the engine-values entry, with room for its pins.
/// * There are `argc` values at `argv`, and the memory at `to` that [`NativeResult::of`] wants.
unsafe extern "C-unwind" fn interpret(
    call: *mut NativeCall,
    argc: usize,
    argv: *const u8,
    to: *mut u8,
) -> NativeResult {
    let mut value = [0; 2];
    // SAFETY: the caller promises a call with its values, and the memory for its result.
    unsafe {
        let made = interpreter::interpret(call, argc, argv, &mut value);
        NativeResult::of(engine_of((*call).record), made.then_some(value), to)
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
        let engine = engine_of((*call).record);
        let made = (engine.helpers().result)(call, result, &mut value);
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
        let engine = engine_of((*call).record);
        (engine.helpers().fail)(call, Failure::Pending);
        NativeResult::of(engine, None, to)
    }
}
