//! Functions of script that Node-API calls in Rust.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::{ptr, slice};

use napi_sys::{napi_callback_info, napi_env, napi_value};

use super::env::{Env, Value};
use super::status::get;
use super::thrown::Thrown;

impl Env {
    /// Makes a function that runs `callback`, with `data` for it.
    pub(crate) fn function(
        self,
        name: &str,
        callback: unsafe extern "C" fn(napi_env, napi_callback_info) -> napi_value,
        data: *mut c_void,
    ) -> Result<Value, Thrown> {
        let (text, len) = (name.as_ptr().cast(), name.len() as isize);
        get!(self, napi_create_function(text, len, Some(callback), data)).map(Value::of)
    }

    /// Returns the arguments of the running callback, and the callback's data. The arguments fill the room: those that script
    /// has not given are undefined.
    ///
    /// # Safety
    ///
    /// Node-API has passed `info` to the callback that runs.
    pub(crate) unsafe fn callback_info(
        self,
        info: napi_callback_info,
        room: &mut [MaybeUninit<Value>],
    ) -> Result<(&[Value], *mut c_void), Thrown> {
        let (mut count, values, mut data) = (room.len(), room.as_mut_ptr(), ptr::null_mut());
        // SAFETY: the environment is valid. There is room for `count` values, and a `Value` is a `napi_value`.
        self.check(unsafe {
            napi_sys::napi_get_cb_info(self.raw(), info, &mut count, values.cast(), ptr::null_mut(), &mut data)
        })?;
        // SAFETY: Node-API has written all values.
        Ok((unsafe { slice::from_raw_parts(values.cast(), room.len()) }, data))
    }
}
