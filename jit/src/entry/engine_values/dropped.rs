//! Calls of functions that were dropped. Engines that make them break the contract, and get the mark of an exception.

use std::ffi::c_void;
use std::ptr;

use crate::engine::record::RecordHead;
use crate::engine::values::model::EngineAbi;
use crate::entry::engine_values::passed::PassedCall;
use crate::stubs::cell::{RetiredCell, count_retired_call};

/// The context of stubs whose function was dropped.
#[repr(C)]
pub(crate) struct DroppedFunction {
    // The first field, because compiled code knows the record alone. The record makes it leave the call.
    record: RecordHead,
    engine: EngineAbi,
}

impl DroppedFunction {
    /// Makes the cell for all dropped functions of engines of a model. It is never freed, and neither are the thunks of
    /// its stubs.
    pub(crate) fn leak(engine: &EngineAbi) -> &'static RetiredCell {
        let dropped: &'static Self = Box::leak(Box::new(Self { record: RecordHead::gone(), engine: engine.clone() }));
        Box::leak(Box::new(RetiredCell::new(with_dropped, ptr::from_ref(dropped).cast())))
    }

    /// Returns the engine of a record that is gone.
    ///
    /// # Safety
    ///
    /// Compiled code got the record from a stub whose function was dropped.
    #[cfg(feature = "cranelift")]
    pub(crate) unsafe fn engine_of(record: *const RecordHead) -> &'static EngineAbi {
        // SAFETY: the caller promises the record of a `DroppedFunction`, whose first field it is. That is never freed.
        unsafe { &(*record.cast::<Self>()).engine }
    }
}

/// The handler of functions that were dropped.
///
/// # Safety
///
/// A thunk of the model's native function calls it, with a context from [`DroppedFunction::leak`].
unsafe extern "C-unwind" fn with_dropped(context: *mut c_void, args: *const u64, result: *mut u64) {
    count_retired_call();
    // SAFETY: the context is a leaked `DroppedFunction`, and the slots are those of its model's native function.
    unsafe { PassedCall::new(&(*context.cast::<DroppedFunction>()).engine, args, result) }.answer(None);
}
