//! Calls of functions without code: handlers that leave them to the interpreter.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use crate::c::signature::MAX_PARAMETERS;
use crate::engine::call::NativeCall;
use crate::engine::record::RecordHead;
use crate::engine::values::model::{EngineAbi, Role};
use crate::entry::engine_values::holder::ShapeHolder;
use crate::entry::engine_values::passed::PassedCall;

/// The handler of functions that get their record from the engine. The context is the model.
///
/// # Safety
///
/// A thunk of the model's native function calls it.
pub(crate) unsafe extern "C-unwind" fn with_data(context: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the context is the model, and the slots are those of its native function. The engine passes a record.
    unsafe {
        let call = PassedCall::new(&*context.cast::<EngineAbi>(), args, result);
        answer(call, call.slot(|role| role == Role::Data) as *const RecordHead);
    }
}

/// The handler of functions with their own stub. The context is the record.
///
/// # Safety
///
/// A thunk of the native function of the record's model calls it.
pub(crate) unsafe extern "C-unwind" fn with_record(context: *mut c_void, args: *const u64, result: *mut u64) {
    let record: *const RecordHead = context.cast();
    // SAFETY: the context is the record, which lives as long as the engine may call its function. The slots are those of
    // its model's native function.
    unsafe { answer(PassedCall::new(ShapeHolder::of(record).interpreter().engine(), args, result), record) };
}

/// Answers a call of a function without code, and counts it.
///
/// # Safety
///
/// [`EngineValues::record`](super::function::EngineValues::record) made the record, for an engine of the call's model.
unsafe fn answer(passed: PassedCall<'_>, record: *const RecordHead) {
    /// The call with room for its pins.
    #[repr(C)]
    struct PinnedCall {
        call: NativeCall,
        pins: [MaybeUninit<usize>; MAX_PARAMETERS],
    }
    let exception = passed.slot(|role| role == Role::Exception) as *mut c_void;
    let call = NativeCall::new(record, passed.context(), exception);
    let mut call = PinnedCall { call, pins: [const { MaybeUninit::uninit() }; MAX_PARAMETERS] };
    let mut value = [0; 2];
    // SAFETY: the caller promises the record. The engine passes as many values as it says.
    let made = unsafe {
        let holder = ShapeHolder::of(record);
        holder.count_call(&*record);
        holder.interpreter().run((&raw mut call).cast(), passed.argc(), passed.argv(), &mut value)
    };
    passed.answer(made.then_some(value));
}
