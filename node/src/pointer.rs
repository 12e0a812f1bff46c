//! Pointers of C for script: opaque objects. They are V8's Externals where V8 is used, because Node-API puts an object of its
//! own between its externals and the address.

use crate::api::env::{Env, Value};
use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::environment::Environment;

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
    // SAFETY: the environment is valid.
    let status = unsafe { napi_sys::napi_get_uv_event_loop(env.raw(), &mut event_loop) };
    if status != napi_sys::Status::napi_ok || event_loop.is_null() {
        return Err(Thrown::error("this runtime has no event loop of libuv"));
    }
    environment.pointer(event_loop.cast())
}
