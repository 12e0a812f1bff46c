//! The arguments of a call from script.

use crate::ffi::{self, Call};
use crate::value::Value;

/// The arguments of a call.
pub(crate) struct Arguments(*const Call);

impl Arguments {
    /// The arguments of a call, which must last as long as they are used.
    pub(crate) const fn of(call: *const Call) -> Self {
        Self(call)
    }

    /// The number of arguments.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the call lasts.
        unsafe { ffi::shim_argument_count(self.0) }
    }

    /// An argument; undefined after the last one.
    pub(crate) fn get(&self, index: usize) -> Value {
        // SAFETY: the call lasts.
        Value::new(unsafe { ffi::shim_argument(self.0, index) })
    }
}
