//! The functions of the module `ffi`.
//!
//! | function | result |
//! |---|---|
//! | `open(name, text)` | a library; without a name the program itself |
//! | `close(thing)` | closes a library or a callback |
//! | `new(library, type, count, value)` | zeroed memory, then filled from a table or string |
//! | `view(library, type, pointer, count)` | memory that C owns |
//! | `callback(library, type, function)` | a function for C |
//! | `string(pointer, length)` | bytes behind a pointer; without a length up to the first zero |
//! | `sizeof(library, type)` | bytes |
//!
//! Types are C's: `"struct point"`, `"int (*)(const int *, const int *)"`.

use std::ffi::{CStr, c_int};

use mlua_sys::lua54::*;

use super::callback::{self, push_callback};
use super::kept::Kept;
use super::library;
use super::memory::{self, write};
use super::objects::{Memory, function_at, push_new, push_view};
use super::state::Ffi;
use super::text::{bytes, fail, text};
use super::types::{Scope, Shape};
use super::values::Shown;

impl Ffi {
    /// Makes the module `ffi` known to `require`. May raise an error of Lua.
    ///
    /// # Safety
    ///
    /// `state` is a Lua thread with its standard libraries. The state is closed before this value is moved or dropped.
    pub(crate) unsafe fn install(&self, state: *mut lua_State) {
        // SAFETY: the caller promises how long the state lives. It has room on its stack.
        unsafe {
            self.enter(state);
            self.memory.set(memory::metatable(state));
            self.callback.set(callback::metatable(state));
            luaL_requiref(state, c"ffi".as_ptr(), open, 0);
            lua_pop(state, 1);
        }
    }
}

/// Pushes the module.
pub(super) unsafe extern "C-unwind" fn open(state: *mut lua_State) -> c_int {
    let functions: [(&CStr, lua_CFunction); 7] = [
        (c"open", library::open),
        (c"close", close),
        (c"new", new),
        (c"view", view),
        (c"callback", callback),
        (c"string", string),
        (c"sizeof", size_of_type),
    ];
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe {
        lua_createtable(state, 0, functions.len() as c_int);
        for (name, function) in functions {
            lua_pushcfunction(state, function);
            lua_setfield(state, -2, name.as_ptr());
        }
    }
    1
}

/// Returns the types of the library that is the first argument.
///
/// # Safety
///
/// The contract of [`state`](super::state).
unsafe fn scope(state: *mut lua_State) -> Kept<Scope> {
    // SAFETY: the first argument is reachable while the function runs.
    unsafe {
        match library::at(state, 1) {
            Some(opened) => opened.scope,
            None => fail(state, "argument 1 is not a library"),
        }
    }
}

/// Returns the type that is the second argument.
///
/// # Safety
///
/// The contract of [`state`](super::state).
unsafe fn shape(state: *mut lua_State) -> Kept<Shape> {
    // SAFETY: the second argument is reachable while the function runs.
    unsafe {
        let scope = scope(state);
        match scope.named(text(state, 2, "a type")) {
            Ok(shape) => shape,
            Err(error) => fail(state, error),
        }
    }
}

/// Returns the number of elements at an index, 1 without one.
///
/// # Safety
///
/// The contract of [`state`](super::state).
unsafe fn count(state: *mut lua_State, index: c_int) -> usize {
    // SAFETY: the index may be that of a missing argument.
    unsafe {
        if lua_type(state, index) <= LUA_TNIL {
            return 1;
        }
        let mut is_integer = 0;
        match usize::try_from(lua_tointegerx(state, index, &raw mut is_integer)) {
            Ok(count) if is_integer != 0 => count,
            _ => fail(state, format_args!("argument {index} is not a number of elements")),
        }
    }
}

unsafe extern "C-unwind" fn close(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe {
        if library::at(state, 1).is_some() {
            return library::close(state);
        }
        if function_at(state, 1).is_some() {
            return callback::close(state);
        }
        fail(state, "argument 1 is not a library or a callback")
    }
}

unsafe extern "C-unwind" fn new(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. The new memory has `count` elements.
    unsafe {
        lua_settop(state, 4);
        // `new(library, type, value)` is one element.
        if matches!(lua_type(state, 3), LUA_TTABLE | LUA_TSTRING | LUA_TUSERDATA) && lua_type(state, 4) == LUA_TNIL {
            lua_rotate(state, 3, 1);
        }
        let (shape, count) = (shape(state), count(state, 3));
        let data = push_new(state, shape, count);
        match (lua_type(state, 4), Memory::at(state, -1)) {
            (LUA_TNIL, _) | (_, None) => {}
            (LUA_TTABLE, Some(made)) if count != 1 => memory::fill(state, made, 4),
            (LUA_TSTRING, Some(made)) if shape.size == 1 => {
                let bytes = bytes(state, 4);
                if bytes.len() > made.count {
                    fail(state, format_args!("{} bytes are more than {}", bytes.len(), made.count));
                }
                data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            }
            _ => {
                if count == 0 {
                    fail(state, "there is no element to fill");
                }
                if let Err(problem) = write(state, shape, data, 4) {
                    fail(state, format_args!("cannot make a {}: {problem}", Shown(&shape.ty)));
                }
            }
        }
    }
    1
}

unsafe extern "C-unwind" fn view(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. The script answers for the memory behind a pointer.
    unsafe {
        lua_settop(state, 4);
        let (shape, count) = (shape(state), count(state, 4));
        match address(state, 3) {
            Some((data, bytes)) => {
                if shape.size.checked_mul(count).is_none_or(|size| size > bytes) {
                    fail(state, format_args!("{count} elements are more than {bytes} bytes"));
                }
                let owner = if lua_type(state, 3) == LUA_TUSERDATA { 3 } else { 0 };
                push_view(state, shape, data, count, owner);
            }
            None => fail(state, "argument 3 is not a pointer"),
        }
    }
    1
}

/// Returns the address at an index, and the number of bytes there; `usize::MAX` if nobody knows it.
///
/// # Safety
///
/// The contract of [`state`](super::state).
unsafe fn address(state: *mut lua_State, index: c_int) -> Option<(*mut u8, usize)> {
    // SAFETY: the caller's index is that of a value.
    unsafe {
        if lua_type(state, index) == LUA_TLIGHTUSERDATA {
            let address = lua_touserdata(state, index);
            return (!address.is_null()).then_some((address.cast(), usize::MAX));
        }
        Memory::at(state, index).map(|memory| (memory.data, memory.bytes()))
    }
}

unsafe extern "C-unwind" fn callback(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe {
        let scope = scope(state);
        let ty = text(state, 2, "a type");
        if lua_type(state, 3) != LUA_TFUNCTION {
            fail(state, "argument 3 is not a function");
        }
        push_callback(state, scope, ty, 3);
    }
    1
}

unsafe extern "C-unwind" fn string(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. Counted memory is not left; for other memory the script answers.
    unsafe {
        lua_settop(state, 2);
        if lua_type(state, 1) == LUA_TSTRING && lua_type(state, 2) == LUA_TNIL {
            lua_settop(state, 1);
            return 1;
        }
        let Some((data, bytes)) = address(state, 1) else { fail(state, "argument 1 is not a pointer") };
        let len = match lua_type(state, 2) {
            LUA_TNIL if bytes == usize::MAX => CStr::from_ptr(data.cast()).count_bytes(),
            LUA_TNIL => {
                let all = std::slice::from_raw_parts(data, bytes);
                all.iter().position(|byte| *byte == 0).unwrap_or(bytes)
            }
            _ => count(state, 2),
        };
        if len > bytes {
            fail(state, format_args!("{len} bytes are more than {bytes}"));
        }
        lua_pushlstring(state, data.cast(), len);
    }
    1
}

unsafe extern "C-unwind" fn size_of_type(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe { lua_pushinteger(state, shape(state).size as lua_Integer) };
    1
}
