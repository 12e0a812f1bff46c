//! The parts of calls that compiled code leaves to the interpreter and to helpers. Most of them end the call: compiled
//! code returns their result.

use std::ffi::c_void;

use crate::engine::call::{Failure, NativeCall, Words};
use crate::engine::values::model::{EngineAbi, ResultPath};
use crate::entry::engine_values::interpreter::{self, engine_of};

/// The result of a native function: the words of a value that it returns, or an integer in the first word. The
/// conventions that code is generated for return it in two integer registers.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct NativeResult(pub(crate) u64, pub(crate) u64);

impl NativeResult {
    /// Stores the value at `to`, if the engine wants it there. `None` stands for an exception, which was thrown.
    ///
    /// # Safety
    ///
    /// If native functions of the engine store their values, there is memory for one at `to`.
    pub(crate) unsafe fn of(engine: &EngineAbi, value: Option<Words>, to: *mut u8) -> Self {
        let model = engine.model();
        match model.outcome {
            ResultPath::Returned { exception } => {
                let [first, second] = value.unwrap_or(exception);
                Self(first, second)
            }
            ResultPath::Stored { success, exception, .. } => {
                let Some(value) = value else { return Self(exception, 0) };
                // SAFETY: the caller promises memory for a value of the model's size.
                unsafe { value.as_ptr().cast::<u8>().copy_to_nonoverlapping(to, usize::from(model.size)) };
                Self(success, 0)
            }
        }
    }
}

/// The addresses of these functions.
#[cfg(feature = "cranelift")]
#[derive(Clone, Copy)]
pub(crate) struct Exits {
    pub(crate) begin: *const c_void,
    pub(crate) interpret: *const c_void,
    pub(crate) convert_result: *const c_void,
    pub(crate) throw_pending: *const c_void,
}

#[cfg(feature = "cranelift")]
impl Exits {
    pub(crate) fn new() -> Self {
        Self {
            begin: begin as *const c_void,
            interpret: interpret as *const c_void,
            convert_result: convert_result as *const c_void,
            throw_pending: throw_pending as *const c_void,
        }
    }
}

/// Begins the call: converts all arguments to slots. Returns the record's target, or throws and returns null.
///
/// # Safety
///
/// * The call is of a function of the engine-values entry, with room for its pins.
/// * There are `argc` values at `argv`, and slots for all parameters at `slots`.
unsafe extern "C-unwind" fn begin(
    call: *mut NativeCall,
    argc: usize,
    argv: *const u8,
    slots: *mut u64,
) -> *const c_void {
    // SAFETY: the caller promises a call with its values and its slots.
    unsafe { interpreter::begin(call, argc, argv, slots) }
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
