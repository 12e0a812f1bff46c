//! `ArrayBuffer`, and the methods that give a buffer's bytes away, for the places of the engine's own.

use std::ptr::NonNull;

use hotcall_engines::quickjs::METHODS;
use rquickjs::qjs::{self as js, JSContext, JSValue};
use rquickjs::{Ctx, Object, Result, Value};

use crate::script::{owned, realm, script, take_pins};

/// Adds the functions by which `ffi.js` replaces the engine's.
///
/// `own` is the context of `ffi.js`. The constructor belongs to script's context, `ctx`.
pub(crate) fn install<'js>(own: &Ctx<'js>, ctx: &Ctx<'js>, functions: &Object<'js>) -> Result<()> {
    functions.set("giveAway", rquickjs::Function::new(own.clone(), give_away)?)?;
    let context = ctx.as_raw().as_ptr();
    let kind = js::JSCFunctionEnum_JS_CFUNC_constructor;
    // SAFETY: the function has this type and at least one argument. The value belongs to this function.
    let constructor = unsafe {
        let function = js::JS_NewCFunction2(context, Some(construct), c"ArrayBuffer".as_ptr(), 1, kind, 0);
        Value::from_raw(ctx.clone(), function)
    };
    functions.set("ArrayBuffer", constructor)
}

/// `new ArrayBuffer(length, options)`.
///
/// # Safety
///
/// The engine calls it as a constructor: `this` is `new.target`, and there is room for at least one argument.
unsafe extern "C" fn construct(context: *mut JSContext, target: JSValue, argc: i32, args: *mut JSValue) -> JSValue {
    let Some(context) = NonNull::new(context) else { return js::JS_EXCEPTION };
    // SAFETY: the engine passes a live context, and what a constructor needs.
    unsafe { realm(&Ctx::from_raw(context)).engine().construct_buffer(target, argc, args) }
}

/// `transfer(length)` and related methods. Returns the buffer that script gets.
fn give_away<'js>(ctx: Ctx<'js>, name: String, buffer: Value<'js>, length: Value<'js>) -> Result<Value<'js>> {
    let ctx = script(&ctx);
    let Some((_, method)) = METHODS.iter().find(|(known, _)| *known == name) else { return Ok(length) };
    let realm = realm(&ctx);
    let is_used = || {
        // The engine's host knows the buffers of calls that have returned.
        take_pins(&ctx);
        realm.pins_are_in_use()
    };
    // SAFETY: the values are the engine's.
    owned(&ctx, unsafe { realm.engine().give_away(*method, buffer.as_raw(), length.as_raw(), is_used) })
}
