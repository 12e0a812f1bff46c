//! Values of script, made of values of Rust.

use std::ffi::c_void;
use std::ptr;

use super::env::{Env, Value};
use super::status::{get, run};
use super::thrown::Thrown;

impl Env {
    pub(crate) fn undefined(self) -> Result<Value, Thrown> {
        get!(self, napi_get_undefined()).map(Value::of)
    }

    pub(crate) fn null(self) -> Result<Value, Thrown> {
        get!(self, napi_get_null()).map(Value::of)
    }

    pub(crate) fn boolean(self, truth: bool) -> Result<Value, Thrown> {
        get!(self, napi_get_boolean(truth)).map(Value::of)
    }

    pub(crate) fn number(self, number: f64) -> Result<Value, Thrown> {
        get!(self, napi_create_double(number)).map(Value::of)
    }

    pub(crate) fn bigint(self, number: i64) -> Result<Value, Thrown> {
        get!(self, napi_create_bigint_int64(number)).map(Value::of)
    }

    pub(crate) fn biguint(self, number: u64) -> Result<Value, Thrown> {
        get!(self, napi_create_bigint_uint64(number)).map(Value::of)
    }

    pub(crate) fn string(self, text: &str) -> Result<Value, Thrown> {
        get!(self, napi_create_string_utf8(text.as_ptr().cast(), text.len() as isize)).map(Value::of)
    }

    pub(crate) fn latin1(self, text: &[u8]) -> Result<Value, Thrown> {
        get!(self, napi_create_string_latin1(text.as_ptr().cast(), text.len() as isize)).map(Value::of)
    }

    pub(crate) fn utf16(self, text: &[u16]) -> Result<Value, Thrown> {
        get!(self, napi_create_string_utf16(text.as_ptr(), text.len() as isize)).map(Value::of)
    }

    pub(crate) fn object(self) -> Result<Value, Thrown> {
        get!(self, napi_create_object()).map(Value::of)
    }

    /// Makes an array.
    pub(crate) fn array(self, elements: &[Value]) -> Result<Value, Thrown> {
        let array = get!(self, napi_create_array_with_length(elements.len()))?;
        for (index, element) in (0..).zip(elements) {
            run!(self, napi_set_element(array, index, element.raw()))?;
        }
        Ok(Value::of(array))
    }

    pub(crate) fn external(self, data: *mut c_void) -> Result<Value, Thrown> {
        get!(self, napi_create_external(data, None, ptr::null_mut())).map(Value::of)
    }
}
