//! Buffers that script gives away while C works on their bytes.
//!
//! `transfer()` and `resize()` free a buffer's bytes, or move them, whoever still refers to them. Large blocks are kept by the
//! allocator (`memory.rs`). But the engine cuts small ones out of larger ones by itself, without asking it: those that C works
//! on are taken back here before the engine uses them for something else.

use rquickjs::function::{Rest, This};
use rquickjs::qjs as js;
use rquickjs::{Ctx, Function, Result, Value};

use hotcall::engine::{Engine, View};

use crate::engine::words;
use crate::ffi::{ffi, site};

/// Calls a method of a buffer that may free its bytes.
pub(crate) fn guarded<'js>(
    ctx: Ctx<'js>,
    method: Function<'js>,
    buffer: Value<'js>,
    args: Vec<Value<'js>>,
) -> Result<Value<'js>> {
    let ffi = ffi(&ctx);
    let pins = ffi.realm.engine().pins();
    let context = ctx.as_raw().as_ptr();
    let block = block(&ctx, &buffer).filter(|&block| pins.is_pinned(block));
    // SAFETY: the block is one of the engine's.
    let block = block.map(|block| (block, unsafe { js::js_malloc_usable_size(context, block.cast()) }));
    let result = method.call::<_, Value<'js>>((This(buffer.clone()), Rest(args)));
    let Some((lost, size)) = block.filter(|&(lost, _)| self::block(&ctx, &buffer) != Some(lost)) else { return result };
    match &result {
        Ok(heir) if self::block(&ctx, heir) == Some(lost) => {
            // SAFETY: the value is one of the engine's; this reference is for the pins.
            pins.keep_owner(lost, unsafe { js::JS_DupValue(context, heir.as_raw()) });
        }
        _ if pins.is_kept(lost) => {}
        // SAFETY: the engine has freed this block, which is a small one: the allocator has not heard of it.
        _ => unsafe { pins.take_back(context, lost, size as usize) },
    }
    result
}

/// Where a buffer's bytes are.
fn block(ctx: &Ctx<'_>, buffer: &Value<'_>) -> Option<*mut u8> {
    // SAFETY: the value is one of the engine's.
    match unsafe { ffi(ctx).realm.engine().view(site(ctx), words(buffer.as_raw())) } {
        View::Bytes { address, .. } => Some(address),
        _ => None,
    }
}
