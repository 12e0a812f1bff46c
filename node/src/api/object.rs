//! Properties of objects, calls of functions, and scripts.

use std::ptr;

use napi_sys::{PropertyAttributes, napi_property_attributes, napi_property_descriptor};

use super::env::{Env, Value};
use super::status::{get, run};
use super::thrown::Thrown;

impl Env {
    pub(crate) fn get(self, object: Value, key: &str) -> Result<Value, Thrown> {
        let key = self.string(key)?;
        get!(self, napi_get_property(object.raw(), key.raw())).map(Value::of)
    }

    /// Gives an object a property of its own, whatever its name, as an object literal does.
    pub(crate) fn set(self, object: Value, key: &str, value: Value) -> Result<(), Thrown> {
        self.define(
            object,
            key,
            value,
            PropertyAttributes::writable | PropertyAttributes::enumerable | PropertyAttributes::configurable,
        )
    }

    /// Sets the property `length` of a function.
    pub(crate) fn set_length(self, function: Value, length: usize) -> Result<(), Thrown> {
        let length = self.number(length as f64)?;
        self.define(function, "length", length, PropertyAttributes::configurable)
    }

    fn define(
        self,
        object: Value,
        key: &str,
        value: Value,
        attributes: napi_property_attributes,
    ) -> Result<(), Thrown> {
        let property = napi_property_descriptor {
            utf8name: ptr::null(),
            name: self.string(key)?.raw(),
            method: None,
            getter: None,
            setter: None,
            value: value.raw(),
            attributes,
            data: ptr::null_mut(),
        };
        run!(self, napi_define_properties(object.raw(), 1, &property))
    }

    /// Returns the global object.
    pub(crate) fn global(self) -> Result<Value, Thrown> {
        get!(self, napi_get_global()).map(Value::of)
    }

    /// Calls a function of script, with undefined as `this`.
    pub(crate) fn call(self, function: Value, args: &[Value]) -> Result<Value, Thrown> {
        self.call_method(self.undefined()?, function, args)
    }

    /// Calls a function of script with an object as `this`.
    pub(crate) fn call_method(self, this: Value, function: Value, args: &[Value]) -> Result<Value, Thrown> {
        get!(self, napi_call_function(this.raw(), function.raw(), args.len(), args.as_ptr().cast())).map(Value::of)
    }

    /// Runs a script, and returns the value of its last expression.
    pub(crate) fn run_script(self, text: &str) -> Result<Value, Thrown> {
        let text = self.string(text)?;
        get!(self, napi_run_script(text.raw())).map(Value::of)
    }
}
