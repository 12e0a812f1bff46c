//! Userdata that owns a Rust value, which Lua's collector drops.

use std::ffi::{CStr, c_int};

use mlua_sys::lua54::*;

/// Pushes userdata for a value of this type, still empty. `name` is that of the type's metatable.
///
/// # Safety
///
/// The contract of [`state`](super::state). Each type has a name of its own.
pub(super) unsafe fn push_owner<'s, T>(state: *mut lua_State, name: &CStr) -> &'s mut Option<T> {
    // SAFETY: Lua aligns memory to 8, which is enough for the types here. The value is written before the metatable is set,
    // so that `drop_value` finds one.
    unsafe {
        const { assert!(align_of::<Option<T>>() <= 8) };
        let value = lua_newuserdatauv(state, size_of::<Option<T>>(), 0).cast::<Option<T>>();
        value.write(None);
        if luaL_newmetatable(state, name.as_ptr()) != 0 {
            lua_pushcfunction(state, drop_value::<T>);
            lua_setfield(state, -2, c"__gc".as_ptr());
            hide(state);
        }
        lua_setmetatable(state, -2);
        &mut *value
    }
}

/// Keeps the metatable on top of the stack from scripts.
///
/// # Safety
///
/// The contract of [`state`](super::state).
pub(super) unsafe fn hide(state: *mut lua_State) {
    // SAFETY: the caller's metatable is on the stack.
    unsafe {
        lua_pushboolean(state, 0);
        lua_setfield(state, -2, c"__metatable".as_ptr());
    }
}

/// The finaliser of [`push_owner`].
unsafe extern "C-unwind" fn drop_value<T>(state: *mut lua_State) -> c_int {
    // SAFETY: scripts do not see the metatable, so Lua alone calls this, with such userdata.
    drop(unsafe { (*lua_touserdata(state, 1).cast::<Option<T>>()).take() });
    0
}
