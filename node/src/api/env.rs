//! Environments and values: what every function of Node-API takes.

use napi_sys::{napi_env, napi_value};

/// An environment: script on one thread. It may be used on that thread alone, while it lasts.
#[derive(Clone, Copy)]
pub(crate) struct Env(napi_env);

/// A value, valid until the native function returns that got or made it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Value(napi_value);

impl Env {
    /// # Safety
    ///
    /// The environment is used only on its thread, and as long as it lasts.
    pub(crate) const unsafe fn new(raw: napi_env) -> Self {
        Self(raw)
    }

    pub(crate) const fn raw(self) -> napi_env {
        self.0
    }
}

impl Value {
    /// # Safety
    ///
    /// The value is one of the environment that it is used with.
    pub(crate) const unsafe fn new(raw: napi_value) -> Self {
        Self(raw)
    }

    /// Returns the value that Node-API has just made or found.
    pub(super) const fn of(raw: napi_value) -> Self {
        Self(raw)
    }

    pub(crate) const fn raw(self) -> napi_value {
        self.0
    }
}
