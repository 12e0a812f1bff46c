//! The engine's own functions, which this engine takes before script runs and can change them.

use std::ffi::CString;
use std::ptr;

use rquickjs_sys::{self as js, JSContext, JSValue};

/// Runs a script. The value belongs to the caller.
///
/// # Safety
///
/// The context is alive.
pub(super) unsafe fn evaluate(context: *mut JSContext, source: &str) -> JSValue {
    let text = CString::new(source).expect("the sources do not have zeros");
    let flags = js::JS_EVAL_TYPE_GLOBAL as i32;
    // SAFETY: the text ends with a zero, which is not part of it.
    unsafe { js::JS_Eval(context, text.as_ptr(), source.len() as _, c"engine".as_ptr(), flags) }
}

/// Returns the getter of a property. It belongs to the caller.
///
/// # Safety
///
/// The context is alive.
pub(super) unsafe fn getter(context: *mut JSContext, prototype: &str, name: &str) -> JSValue {
    // SAFETY: the caller promises a live context.
    unsafe { evaluate(context, &format!("Object.getOwnPropertyDescriptor({prototype}, '{name}').get")) }
}

/// Calls one of the engine's own functions. Those that this engine takes do not run script, except for methods that
/// read their arguments. The result belongs to the caller.
///
/// # Safety
///
/// The values are the context's.
pub(super) unsafe fn call<const N: usize>(
    context: *mut JSContext,
    function: JSValue,
    this: JSValue,
    mut args: [JSValue; N],
) -> JSValue {
    let argv = if N == 0 { ptr::null_mut() } else { args.as_mut_ptr() };
    // SAFETY: the caller promises values of the context.
    unsafe { js::JS_Call(context, function, this, N as i32, argv) }
}

/// Releases values.
///
/// # Safety
///
/// The values are the context's, and their references belong to the caller.
pub(super) unsafe fn free(context: *mut JSContext, values: impl IntoIterator<Item = JSValue>) {
    // SAFETY: the caller owns the references.
    values.into_iter().for_each(|value| unsafe { js::JS_FreeValue(context, value) });
}
