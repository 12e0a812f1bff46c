//! Values that the collector keeps.

use std::ptr;

use napi_sys::{Status, napi_ref, napi_status};

use super::env::{Env, Value};

/// Values that the collector keeps, on their environment's thread.
pub(crate) struct Root {
    env: Env,
    /// Refers to an array of the values, because Node-API refers to objects alone.
    reference: napi_ref,
}

impl Root {
    /// Keeps values. Returns the status if Node-API fails.
    pub(super) fn new(env: Env, values: &[Value]) -> Result<Self, napi_status> {
        let (mut array, mut reference) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the environment and the values are valid.
        unsafe {
            succeed(napi_sys::napi_create_array_with_length(env.raw(), values.len(), &mut array))?;
            for (index, value) in (0..).zip(values) {
                succeed(napi_sys::napi_set_element(env.raw(), array, index, value.raw()))?;
            }
            succeed(napi_sys::napi_create_reference(env.raw(), array, 1, &mut reference))?;
        }
        Ok(Self { env, reference })
    }

    /// Returns one of the values, or the status if Node-API fails.
    pub(super) fn get(&self, index: u32) -> Result<Value, napi_status> {
        let (mut array, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the environment has made the reference, and lasts as long as the roots in it.
        unsafe {
            succeed(napi_sys::napi_get_reference_value(self.env.raw(), self.reference, &mut array))?;
            succeed(napi_sys::napi_get_element(self.env.raw(), array, index, &mut value))?;
        }
        Ok(Value::of(value))
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // SAFETY: the environment has made the reference, and lasts as long as the roots in it.
        unsafe { napi_sys::napi_delete_reference(self.env.raw(), self.reference) };
    }
}

fn succeed(status: napi_status) -> Result<(), napi_status> {
    if status == Status::napi_ok { Ok(()) } else { Err(status) }
}
