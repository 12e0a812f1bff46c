//! Places in an engine.

use std::ffi::c_void;

/// Where in the engine something happens.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Site {
    /// What the engine passed with the [role](Role::Context) of context, or null; in a typed call, what it passed with that
    /// [of exit](TypedRole::Exit).
    pub context: *mut c_void,
    /// What it passed with the [role](Role::Exception) of exception, or null.
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
