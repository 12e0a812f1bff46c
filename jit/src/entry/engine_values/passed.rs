//! Calls of a model's native function, as its thunk passes them: a slot for each parameter, and memory for the result.

use std::ptr;

use crate::engine::call::Words;
use crate::engine::values::model::{EngineAbi, ResultPath, Role};
use crate::entry::engine_values::native_result::NativeResult;

/// A call by an engine.
#[derive(Clone, Copy)]
pub(crate) struct PassedCall<'a> {
    engine: &'a EngineAbi,
    args: *const u64,
    result: *mut u64,
}

impl<'a> PassedCall<'a> {
    /// # Safety
    ///
    /// The slots are those of a call of the native function of the engine's model, and `result` is for its result. Both
    /// live as long as this value.
    pub(crate) const unsafe fn new(engine: &'a EngineAbi, args: *const u64, result: *mut u64) -> Self {
        Self { engine, args, result }
    }

    /// Returns the slot of the parameter with a role, or 0.
    pub(crate) fn slot(self, is: fn(Role) -> bool) -> usize {
        // SAFETY: the slots are those of the native function, and the index is that of one of its parameters.
        self.engine.model().index(is).map_or(0, |index| unsafe { *self.args.add(index) } as usize)
    }

    /// Returns the address of the value with this index, in the array that has the arguments.
    pub(crate) fn value(self, index: u8) -> *mut u8 {
        let array = self.slot(|role| matches!(role, Role::Argv { .. })) as *mut u8;
        array.wrapping_add(usize::from(index) * usize::from(self.engine.model().size))
    }

    /// Answers the call with a value. `None` stands for an exception, which was thrown.
    pub(crate) fn answer(self, value: Option<Words>) {
        let model = self.engine.model();
        let (to, words) = match model.outcome {
            ResultPath::Returned { .. } => (ptr::null_mut(), usize::from(model.size / 8)),
            ResultPath::Stored { index, .. } => (self.value(index), 1),
        };
        // SAFETY: the model says that there is memory for a value at this index, and that the native function returns as
        // many words.
        unsafe {
            let NativeResult(first, second) = NativeResult::of(self.engine, value, to);
            [first, second].as_ptr().copy_to_nonoverlapping(self.result, words);
        }
    }
}
