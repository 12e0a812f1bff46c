//! Values of script as values of Rust.

use std::ffi::c_void;
use std::ptr;

use napi_sys::{Status, napi_valuetype};

use super::env::{Env, Value};
use super::status::get;
use super::thrown::Thrown;

/// The kinds of values, as `typeof` and Node-API tell them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Undefined,
    Null,
    Boolean,
    Number,
    BigInt,
    String,
    Symbol,
    Object,
    Function,
    External,
}

impl Env {
    pub(crate) fn kind(self, value: Value) -> Result<ValueKind, Thrown> {
        use napi_sys::ValueType as Type;
        let kind: napi_valuetype = get!(self, napi_typeof(value.raw()))?;
        Ok(match kind {
            Type::napi_undefined => ValueKind::Undefined,
            Type::napi_null => ValueKind::Null,
            Type::napi_boolean => ValueKind::Boolean,
            Type::napi_number => ValueKind::Number,
            Type::napi_bigint => ValueKind::BigInt,
            Type::napi_string => ValueKind::String,
            Type::napi_symbol => ValueKind::Symbol,
            Type::napi_function => ValueKind::Function,
            Type::napi_external => ValueKind::External,
            _ => ValueKind::Object,
        })
    }

    /// Returns the number, if the value is one.
    #[inline]
    pub(crate) fn as_number(self, value: Value) -> Option<f64> {
        let mut number = 0.0;
        // SAFETY: the environment and the value are valid.
        let status = unsafe { napi_sys::napi_get_value_double(self.raw(), value.raw(), &mut number) };
        (status == Status::napi_ok).then_some(number)
    }

    /// Returns the truth value, if the value is one.
    pub(crate) fn as_boolean(self, value: Value) -> Option<bool> {
        get!(self, napi_get_value_bool(value.raw())).ok()
    }

    /// Returns the low 64 bits of a BigInt.
    pub(crate) fn as_bigint(self, value: Value) -> Option<u64> {
        let (mut low, mut is_whole) = (0, false);
        // SAFETY: the environment and the value are valid.
        let status =
            unsafe { napi_sys::napi_get_value_bigint_uint64(self.raw(), value.raw(), &mut low, &mut is_whole) };
        (status == Status::napi_ok).then_some(low)
    }

    /// Returns the UTF-8 of a string. Halves of surrogate pairs become U+FFFD.
    pub(crate) fn as_utf8(self, value: Value) -> Result<Vec<u8>, Thrown> {
        let len = get!(self, napi_get_value_string_utf8(value.raw(), ptr::null_mut(), 0))?;
        let mut bytes = vec![0_u8; len + 1];
        let written = get!(self, napi_get_value_string_utf8(value.raw(), bytes.as_mut_ptr().cast(), len + 1))?;
        bytes.truncate(written);
        Ok(bytes)
    }

    /// Returns a string. Halves of surrogate pairs become U+FFFD.
    pub(crate) fn as_string(self, value: Value) -> Result<String, Thrown> {
        String::from_utf8(self.as_utf8(value)?).map_err(|_| Thrown::type_error("a string has bytes that are not UTF-8"))
    }

    pub(crate) fn as_external(self, value: Value) -> Option<*mut c_void> {
        get!(self, napi_get_value_external(value.raw())).ok()
    }

    /// Returns the elements of an array. `None` if the value is not an array.
    pub(crate) fn elements(self, array: Value) -> Result<Option<Vec<Value>>, Thrown> {
        if !get!(self, napi_is_array(array.raw()))? {
            return Ok(None);
        }
        let len: u32 = get!(self, napi_get_array_length(array.raw()))?;
        (0..len)
            .map(|index| get!(self, napi_get_element(array.raw(), index)).map(Value::of))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    pub(crate) fn is_promise(self, value: Value) -> bool {
        get!(self, napi_is_promise(value.raw())).unwrap_or(false)
    }
}
