//! The arguments of the binding's natives.

use std::ffi::c_void;
use std::ptr;

use crate::api::env::{Env, Value};
use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::bytes::Bytes;
use crate::environment::Environment;

/// The arguments of a native function. Those that script has not given are undefined.
pub(crate) struct Arguments<'a> {
    environment: &'a Environment,
    /// The function's name, for messages.
    name: &'static str,
    values: &'a [Value],
}

impl<'a> Arguments<'a> {
    pub(crate) const fn new(environment: &'a Environment, name: &'static str, values: &'a [Value]) -> Self {
        Self { environment, name, values }
    }

    pub(crate) const fn env(&self) -> Env {
        self.environment.env
    }

    pub(crate) const fn environment(&self) -> &Environment {
        self.environment
    }

    pub(crate) const fn get(&self, index: usize) -> Value {
        self.values[index]
    }

    /// Returns true if script has given an argument that is neither undefined nor null.
    pub(crate) fn is_given(&self, index: usize) -> bool {
        !matches!(self.env().kind(self.get(index)), Ok(ValueKind::Undefined | ValueKind::Null) | Err(_))
    }

    /// Returns the error for an argument of another kind.
    pub(crate) fn wrong(&self, index: usize, expected: &str) -> Thrown {
        Thrown::TypeError(format!("{}: argument {} is not {expected}", self.name, index + 1))
    }

    pub(crate) fn string(&self, index: usize) -> Result<String, Thrown> {
        if self.env().kind(self.get(index))? != ValueKind::String {
            return Err(self.wrong(index, "a string"));
        }
        self.env().as_string(self.get(index))
    }

    /// Returns a whole number or a BigInt, within ±2⁵³.
    pub(crate) fn integer(&self, index: usize) -> Result<i64, Thrown> {
        const MAX: i64 = (1 << 53) - 1;
        let value = self.get(index);
        let integer = match self.env().as_number(value) {
            Some(number) => (number.trunc() == number && number.abs() <= MAX as f64).then_some(number as i64),
            None => self
                .environment
                .env
                .as_bigint(value)
                .map(|low| low as i64)
                .filter(|integer| (-MAX..=MAX).contains(integer)),
        };
        integer.ok_or_else(|| self.wrong(index, "an integer"))
    }

    /// Returns an address: a BigInt, or a whole number.
    pub(crate) fn address(&self, index: usize) -> Result<u64, Thrown> {
        match self.env().as_bigint(self.get(index)) {
            Some(low) => Ok(low),
            None => self.integer(index).map(|integer| integer as u64),
        }
    }

    /// Returns a number of bytes.
    pub(crate) fn size(&self, index: usize) -> Result<usize, Thrown> {
        usize::try_from(self.integer(index)?).map_err(|_| self.wrong(index, "a number of bytes"))
    }

    /// Returns the bytes of a buffer or a view.
    pub(crate) fn bytes(&self, index: usize) -> Result<Bytes, Thrown> {
        match self.env().as_bytes(self.get(index)) {
            Some(bytes) if bytes.is_gone => Err(self.wrong(index, "a buffer that has its bytes")),
            Some(bytes) => Ok(bytes),
            None => Err(self.wrong(index, "a buffer")),
        }
    }

    /// Returns an argument that is null or a pointer.
    pub(crate) fn pointer(&self, index: usize) -> Result<*mut c_void, Thrown> {
        let value = self.get(index);
        let kind = self.env().kind(value)?;
        if kind == ValueKind::Null {
            return Ok(ptr::null_mut());
        }
        let address = if kind == ValueKind::External { self.environment().realm.engine().address(value) } else { None };
        address.ok_or_else(|| self.wrong(index, "null or a pointer"))
    }

    /// Returns an argument that is a pointer, moved by the offset in the next argument.
    pub(crate) fn place(&self, index: usize) -> Result<*mut u8, Thrown> {
        let address = self.pointer(index)?;
        if address.is_null() {
            return Err(self.wrong(index, "a pointer that is not null"));
        }
        Ok(address.cast::<u8>().wrapping_offset(self.integer(index + 1)? as isize))
    }

    /// Returns a property of an object of options; undefined without one.
    pub(crate) fn option(&self, index: usize, key: &str) -> Result<Value, Thrown> {
        if self.is_given(index) { self.env().get(self.get(index), key) } else { self.env().undefined() }
    }
}
