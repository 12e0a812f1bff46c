//! The arguments of a call from script.

use crate::ffi::{self, Call};
use crate::value::Value;

/// The arguments of a call.
pub(crate) struct Arguments(*const Call);

impl Arguments {
    /// The arguments of a call, which has to last as long as they are used.
    pub(crate) const fn of(call: *const Call) -> Self {
        Self(call)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the call lasts.
        unsafe { ffi::shim_argument_count(self.0) }
    }

    /// An argument; undefined behind the last.
    pub(crate) fn get(&self, index: usize) -> Value {
        // SAFETY: the call lasts.
        Value::new(unsafe { ffi::shim_argument(self.0, index) })
    }
}
