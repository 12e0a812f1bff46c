//! Buffers that script gives away while C works on their bytes.
//!
//! `transfer()` and `resize()` free a buffer's bytes, or move them, whoever still refers to them. Large blocks are kept by the
//! allocator (`memory.rs`). But the engine cuts small ones out of larger ones by itself, without asking it. So `ffi.js` moves the bytes
//! that C works on as a whole, to a buffer that is kept here, before it makes one of another length; and what `resize()` frees,
//! which makes nothing new, is taken back before the engine uses it for something else.

use rquickjs::function::{Rest, This};
use rquickjs::qjs as js;
use rquickjs::{Ctx, Function, Result, Value};

use hotcall::engine::{Engine, View};

use crate::engine::words;
use crate::ffi::{ffi, site};
use crate::memory::Bytes;

/// Whether C works on bytes of a buffer.
pub(crate) fn is_worked_on<'js>(ctx: Ctx<'js>, buffer: Value<'js>) -> bool {
    let ffi = ffi(&ctx);
    bytes(&ctx, &buffer).is_some_and(|bytes| ffi.realm.engine().pins().is_pinned(bytes))
}

/// Calls `resize`, or a method that gives all bytes to a buffer of the same length.
pub(crate) fn guarded<'js>(
    ctx: Ctx<'js>,
    method: Function<'js>,
    buffer: Value<'js>,
    args: Vec<Value<'js>>,
) -> Result<Value<'js>> {
    let ffi = ffi(&ctx);
    let pins = ffi.realm.engine().pins();
    let context = ctx.as_raw().as_ptr();
    let before = bytes(&ctx, &buffer).filter(|&bytes| pins.is_pinned(bytes));
    // SAFETY: the block is one of the engine's.
    let usable = before.map(|bytes| unsafe { js::js_malloc_usable_size(context, bytes.start.cast()) });
    let result = method.call::<_, Value<'js>>((This(buffer.clone()), Rest(args)));
    let start = |value| bytes(&ctx, value).map(|bytes| bytes.start);
    let (Some(lost), Some(usable)) = (before.filter(|lost| start(&buffer) != Some(lost.start)), usable) else {
        return result;
    };
    match &result {
        Ok(heir) if start(heir) == Some(lost.start) => {
            // SAFETY: the value is one of the engine's; this reference is for the pins.
            pins.keep_owner(lost, unsafe { js::JS_DupValue(context, heir.as_raw()) });
        }
        _ if pins.is_kept(lost) => {}
        // SAFETY: the engine has freed this block, which is a small one: the allocator has not heard of it.
        _ => unsafe { pins.take_back(context, Bytes { len: usable as usize, ..lost }) },
    }
    result
}

/// A buffer's bytes.
fn bytes(ctx: &Ctx<'_>, buffer: &Value<'_>) -> Option<Bytes> {
    // SAFETY: the value is one of the engine's.
    match unsafe { ffi(ctx).realm.engine().view(site(ctx), words(buffer.as_raw())) } {
        View::Bytes { address, len } => Some(Bytes { start: address, len }),
        _ => None,
    }
}
