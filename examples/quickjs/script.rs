//! The context that script runs in: its realm, and values and exceptions of it. The parts of the FFI share this file.
//!
//! `ffi.js` runs in another context, whose built-ins script cannot change. It calls the native functions from there. Their
//! results and exceptions are for script, and so are of script's context.

use std::ffi::c_void;
use std::ptr::NonNull;

use hotcall::engine::{Realm, Site};
use hotcall::{Slot, Type};
use hotcall_engines::quickjs::{ErrorKind, Owned, Raised, Thrown, value, words};
use rquickjs::qjs as js;
use rquickjs::runtime::UserDataGuard;
use rquickjs::{Ctx, Error, JsLifetime, Result, Value};

use crate::exceptions;
use crate::host::{Deno, QuickJs};

/// Script's context and its realm. The user data of the runtime has it, where each native function finds it.
struct Installed {
    realm: Realm<QuickJs>,
    context: NonNull<js::JSContext>,
}

// SAFETY: no field has the lifetime of a context. `Ffi::shut_down` releases the values of a context that the realm keeps.
unsafe impl<'js> JsLifetime<'js> for Installed {
    type Changed<'to> = Self;
}

/// Makes the realm of the context that script will run in.
pub(crate) fn install(ctx: &Ctx<'_>) -> Result<Realm<QuickJs>> {
    // SAFETY: the context lives until `Ffi::shut_down`, and script has not run in it.
    let realm = unsafe {
        let context = ctx.as_raw().as_ptr();
        hotcall_engines::quickjs::realm(QuickJs::new(context, c"External", Deno::new(context)))
    };
    let realm = realm.map_err(|error| exceptions::throw(ctx, ErrorKind::Plain, error))?;
    if ctx.store_userdata(Installed { realm: realm.clone(), context: ctx.as_raw() }).is_err() {
        return Err(exceptions::throw(ctx, ErrorKind::Plain, "the user data is in use"));
    }
    Ok(realm)
}

fn installed<'a>(ctx: &'a Ctx<'_>) -> UserDataGuard<'a, Installed> {
    ctx.userdata().expect("it is installed before script runs")
}

/// The realm of script's context.
pub(crate) fn realm(ctx: &Ctx<'_>) -> Realm<QuickJs> {
    installed(ctx).realm.clone()
}

/// Returns the context that script runs in, for a function that may have been called from the context of `ffi.js`.
pub(crate) fn script<'js>(ctx: &Ctx<'js>) -> Ctx<'js> {
    // SAFETY: the context lives as long as the FFI, and has the runtime of `ctx`.
    unsafe { Ctx::from_raw(installed(ctx).context) }
}

/// Script's context, as the realm's functions take it.
pub(crate) fn site(ctx: &Ctx<'_>) -> Site {
    Site::new(installed(ctx).context.as_ptr().cast())
}

/// Keeps the buffers of calls that have returned until the turn ends.
pub(crate) fn take_pins(ctx: &Ctx<'_>) {
    // SAFETY: the context is the engine's. Script runs, or nothing does.
    unsafe { realm(ctx).take_pins(site(ctx)) };
}

/// The value of a slot.
///
/// # Safety
///
/// The slot of an aggregate is the address of its bytes.
pub(crate) unsafe fn to_value<'js>(ctx: &Ctx<'js>, ty: &Type, slot: Slot) -> Result<Value<'js>> {
    // SAFETY: the caller promises that an aggregate's slot is the address of its bytes. The value belongs to this
    // function.
    unsafe {
        match realm(ctx).to_value(site(ctx), ty, slot) {
            Ok(words) => Ok(Value::from_raw(ctx.clone(), value(words))),
            Err(exception) => Err(throw(ctx, exception)),
        }
    }
}

/// The address that a pointer object or null stands for.
pub(crate) fn to_address(ctx: &Ctx<'_>, pointer: &Value<'_>) -> Result<*mut c_void> {
    // SAFETY: the value is the engine's.
    let slot = unsafe { realm(ctx).to_slot(site(ctx), &Type::POINTER, words(pointer.as_raw())) };
    match slot {
        Ok(slot) => Ok(slot.as_mut_ptr()),
        Err(_) => Err(type_error(ctx, "Invalid FFI pointer type, expected null, or External")),
    }
}

/// Takes the result of one of the engine's functions.
pub(crate) fn owned<'js>(ctx: &Ctx<'js>, result: std::result::Result<Owned, Raised>) -> Result<Value<'js>> {
    // SAFETY: the value is the engine's, and its reference belongs to this function.
    result.map(|owned| unsafe { Value::from_raw(ctx.clone(), owned.into_value()) }).map_err(|Raised| Error::Exception)
}

/// Throws an exception of hotcall's side of a call.
pub(crate) fn throw(ctx: &Ctx<'_>, thrown: Thrown) -> Error {
    // SAFETY: the value is the engine's, and belongs to this function.
    ctx.throw(unsafe { Value::from_raw(ctx.clone(), thrown.into_value()) })
}

/// An `Error`: a request that cannot be fulfilled.
pub(crate) fn error(ctx: &Ctx<'_>, error: impl ToString) -> Error {
    exceptions::throw(&script(ctx), ErrorKind::Plain, error)
}

/// A `TypeError`: a request that makes no sense.
pub(crate) fn type_error(ctx: &Ctx<'_>, error: impl ToString) -> Error {
    exceptions::throw(&script(ctx), ErrorKind::Type, error)
}
