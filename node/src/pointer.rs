//! Pointers of C for script: opaque objects. They are V8's Externals where V8 is used, because Node-API puts an object of its
//! own between its externals and the address.

use std::ffi::c_void;

use crate::api::{Env, Value, ValueKind};
use crate::binding::Arguments;
use crate::engine::Node;
use crate::environment::Environment;
use crate::thrown::Thrown;

impl Node {
    /// Makes the value of an address: null, or a pointer object.
    pub(crate) fn pointer(&self, address: *mut c_void) -> Result<Value, Thrown> {
        match self.v8() {
            _ if address.is_null() => self.env().null(),
            Some(v8) => Ok(v8.external(address)),
            None => self.env().external(address),
        }
    }

    /// Returns the address of a pointer object.
    pub(crate) fn address(&self, external: Value) -> Option<*mut c_void> {
        self.v8().map_or_else(|| self.env().as_external(external), |v8| Some(v8.external_value(external)))
    }
}

impl Environment {
    /// Makes the value of an address: null, or a pointer object.
    pub(crate) fn pointer(&self, address: *mut c_void) -> Result<Value, Thrown> {
        self.realm.engine().pointer(address)
    }
}

impl Arguments<'_> {
    /// Returns an argument that is null or a pointer.
    pub(crate) fn pointer(&self, index: usize) -> Result<*mut c_void, Thrown> {
        let value = self.get(index);
        let kind = self.env().kind(value)?;
        if kind == ValueKind::Null {
            return Ok(std::ptr::null_mut());
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
}

/// `pointer(address)`
pub(crate) fn pointer(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let address = args.address(0)?;
    environment.pointer(std::ptr::with_exposed_provenance_mut(address as usize))
}

/// `address(pointer)`
pub(crate) fn address_of(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    environment.env.biguint(args.pointer(0)?.expose_provenance() as u64)
}

/// `offset(pointer, bytes)`
pub(crate) fn offset(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    environment.pointer(args.place(0)?.cast())
}

/// `isPointer(value)`
pub(crate) fn is_pointer(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env: Env = environment.env;
    env.boolean(env.kind(args.get(0))? == ValueKind::External)
}

/// `pointerOf(bytes)`
pub(crate) fn pointer_of(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    environment.pointer(args.bytes(0)?.address.cast())
}

/// `eventLoop()`: the pointer to the `uv_loop_t` of the environment.
pub(crate) fn event_loop(environment: &Environment, _: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let mut event_loop = std::ptr::null_mut();
    // SAFETY: the environment lasts.
    let status = unsafe { napi_sys::napi_get_uv_event_loop(env.raw(), &mut event_loop) };
    if status != napi_sys::Status::napi_ok || event_loop.is_null() {
        return Err(Thrown::error("this runtime has no event loop of libuv"));
    }
    environment.pointer(event_loop.cast())
}
