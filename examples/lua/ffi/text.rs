//! Texts: arguments, messages, and the errors that they are raised as.

use std::cell::RefCell;
use std::ffi::c_int;
use std::fmt::{self, Write};

use mlua_sys::lua54::*;

/// Raises an error of Lua, with the place in the script that called. Drops the argument first.
///
/// # Safety
///
/// The contract of [`state`](super::state). The callers own nothing.
#[cold]
pub(super) unsafe fn fail(state: *mut lua_State, message: impl fmt::Display) -> ! {
    // SAFETY: the caller's state, with room on its stack.
    unsafe {
        push_text(state, message);
        luaL_where(state, 1);
        lua_insert(state, -2);
        lua_concat(state, 2);
        lua_error(state)
    }
}

/// Pushes a text. Drops the argument first.
///
/// # Safety
///
/// The contract of [`state`](super::state).
pub(super) unsafe fn push_text(state: *mut lua_State, message: impl fmt::Display) {
    thread_local! {
        /// The text, where an error of Lua does not jump over its owner.
        static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
    }
    let (text, len) = MESSAGE.with_borrow_mut(|text| {
        text.clear();
        // Writing to a string does not fail.
        let _ = write!(text, "{message}");
        (text.as_ptr(), text.len())
    });
    drop(message);
    // SAFETY: nothing changes the text until Lua has copied it, which is before a finaliser may run.
    unsafe { lua_pushlstring(state, text.cast(), len) };
}

/// Returns the text at an index, or raises an error.
///
/// # Safety
///
/// The contract of [`state`](super::state). The text is used only as long as the value is on the stack.
pub(super) unsafe fn text<'s>(state: *mut lua_State, index: c_int, name: &str) -> &'s str {
    // SAFETY: a string's bytes stay where they are as long as the value is on the stack.
    unsafe {
        if lua_type(state, index) != LUA_TSTRING {
            fail(state, format_args!("{name} is not a string"));
        }
        match str::from_utf8(bytes(state, index)) {
            Ok(text) => text,
            Err(_) => fail(state, format_args!("{name} is not UTF-8")),
        }
    }
}

/// Returns the bytes of the string at an index.
///
/// # Safety
///
/// The contract of [`state`](super::state). The value is a string, and the bytes are used only as long as it is on the stack.
pub(super) unsafe fn bytes<'s>(state: *mut lua_State, index: c_int) -> &'s [u8] {
    let mut len = 0;
    // SAFETY: a string's bytes stay where they are as long as the value is on the stack.
    unsafe { std::slice::from_raw_parts(lua_tolstring(state, index, &raw mut len).cast(), len) }
}
