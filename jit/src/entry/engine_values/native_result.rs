//! The result of a native function for the engine.

use crate::engine::call::Words;
use crate::engine::values::model::{EngineAbi, ResultPath};

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
            ResultPath::Info => {
                if let Some(value) = value {
                    // SAFETY: the caller promises memory for a value of the model's size.
                    unsafe { value.as_ptr().cast::<u8>().copy_to_nonoverlapping(to, usize::from(model.size)) };
                }
                Self(0, 0)
            }
        }
    }
}
