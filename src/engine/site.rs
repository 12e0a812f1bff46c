//! Places in an engine.

use std::ffi::c_void;

/// A place in the engine, such as a call of a native function.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Site {
    /// The argument with the [role of context](super::Role::Context), or null. In a fast call, the one with the [role
    /// of exit](super::FastCallRole::Exit).
    pub context: *mut c_void,
    /// The argument with the [role of exception](super::Role::Exception), or null.
    pub exception: *mut c_void,
}

impl Site {
    /// A place in the engine outside of any native function.
    pub const fn new(context: *mut c_void) -> Self {
        Self { context, exception: std::ptr::null_mut() }
    }

    /// Sets the address that the engine passed for exceptions.
    pub const fn with_exception(self, exception: *mut c_void) -> Self {
        Self { exception, ..self }
    }
}
