//! Calls of a model's native function, as its thunk passes them: a slot for each parameter, and memory for the result.

use std::ffi::c_void;
use std::ptr;

use crate::engine::call::Words;
use crate::engine::values::info::PassedInfo;
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

    /// Returns the number of arguments.
    pub(crate) fn argc(self) -> usize {
        match self.info() {
            Some(info) => info.argc(),
            None => self.slot(|role| role == Role::Argc),
        }
    }

    /// Returns the address of the first argument.
    pub(crate) fn argv(self) -> *const u8 {
        match self.info() {
            Some(info) => info.argv(),
            None => self.value(self.engine.model().first_argument()),
        }
    }

    /// Returns the pointer that the engine's own functions want, or null.
    pub(crate) fn context(self) -> *mut c_void {
        match self.info() {
            Some(info) => info.context(),
            None => self.slot(|role| role == Role::Context) as *mut c_void,
        }
    }

    /// Returns the struct that describes the call, if the model has one.
    fn info(self) -> Option<PassedInfo<'a>> {
        let info = self.engine.model().info.as_ref()?;
        // SAFETY: the slots are those of the native function, which gets the address of the struct.
        Some(unsafe { PassedInfo::new(info, self.slot(|role| role == Role::Info) as u64) })
    }

    /// Returns the address of the value with this index, in the array that has the arguments.
    fn value(self, index: u8) -> *mut u8 {
        let array = match self.info() {
            Some(info) => info.argv().cast_mut(),
            None => self.slot(|role| matches!(role, Role::Argv { .. })) as *mut u8,
        };
        array.wrapping_add(usize::from(index) * usize::from(self.engine.model().size))
    }

    /// Answers the call with a value. `None` stands for an exception, which was thrown.
    pub(crate) fn answer(self, value: Option<Words>) {
        let model = self.engine.model();
        let (to, words) = match model.outcome {
            ResultPath::Returned { .. } => (ptr::null_mut(), usize::from(model.size / 8)),
            ResultPath::Stored { index, .. } => (self.value(index), 1),
            ResultPath::Info => (self.info().map_or(ptr::null_mut(), PassedInfo::result), 0),
        };
        // SAFETY: the model says that there is memory for a value at this place, and that the native function returns as
        // many words.
        unsafe {
            let NativeResult(first, second) = NativeResult::of(self.engine, value, to);
            [first, second].as_ptr().copy_to_nonoverlapping(self.result, words);
        }
    }
}
