//! The layout of `FunctionCallbackInfo`, found by a function that is called once.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use hotcall::engine::v8::CallbackLayout;

use super::functions::Functions;
use super::isolate::V8;
use crate::api::env::Env;
use crate::api::thrown::Thrown;

/// The arguments of the call: small integers, whose words are known.
const ARGUMENTS: [i32; 3] = [0x1234_5671, -2, 0x0765_4321];

thread_local! {
    static PROBED: Cell<Option<CallbackLayout>> = const { Cell::new(None) };
}

/// Makes V8 call a function, and returns the layout in which it got its arguments.
pub(super) fn layout(v8: &V8) -> Result<Option<CallbackLayout>, Thrown> {
    let env: Env = v8.env;
    let function = v8.function("", probe, 0, ptr::null())?;
    let arguments = ARGUMENTS.map(|number| env.number(number.into()));
    let arguments = arguments.into_iter().collect::<Result<Vec<_>, _>>()?;
    PROBED.set(None);
    env.call(function, &arguments)?;
    Ok(PROBED.take())
}

unsafe extern "C" fn probe(info: *const c_void) {
    let words = ARGUMENTS.map(|number| (number as u32 as u64) << 32);
    // SAFETY: V8 has called this, so it runs.
    let isolate = Functions::of_program().as_ref().map(|functions| unsafe { (functions.current_isolate)() });
    PROBED.set(isolate.ok().and_then(|isolate| CallbackLayout::find(info, isolate.cast(), &words)));
}
