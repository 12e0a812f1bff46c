//! Lua 5.4 with an FFI, as an example of hotcall's use: `lua script.lua argument…`.
//!
//! The author of a runtime would copy the folder `ffi`.

mod ffi;

use std::env;
use std::ffi::{CStr, CString, OsString, c_int};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use mlua_sys::lua54::*;

use ffi::state::Ffi;

fn main() -> ExitCode {
    let arguments: Vec<CString> =
        env::args_os().skip(1).filter_map(|word: OsString| CString::new(word.into_vec()).ok()).collect();
    if arguments.is_empty() {
        eprintln!("usage: lua script.lua argument…");
        return ExitCode::from(2);
    }
    // SAFETY: makes a state of its own.
    let state = unsafe { luaL_newstate() };
    if state.is_null() {
        eprintln!("lua: no memory");
        return ExitCode::FAILURE;
    }
    let ffi = Ffi::new();
    // SAFETY: the state is new, and closed before `ffi` and `arguments` are dropped.
    let code = unsafe {
        lua_pushcfunction(state, run);
        lua_pushlightuserdata(state, (&raw const ffi).cast_mut().cast());
        lua_pushlightuserdata(state, (&raw const arguments).cast_mut().cast());
        let code = finish(state, lua_pcall(state, 2, 0, 0));
        lua_close(state);
        code
    };
    drop(ffi);
    code
}

/// Opens the libraries and runs the script: the function that is called protected.
unsafe extern "C-unwind" fn run(state: *mut lua_State) -> c_int {
    // SAFETY: `main` passes these two addresses. Nothing here owns what an error would leave behind.
    unsafe {
        let ffi = &*lua_touserdata(state, 1).cast::<Ffi>();
        let arguments = &*lua_touserdata(state, 2).cast::<Vec<CString>>();
        luaL_openlibs(state);
        ffi.install(state);
        lua_createtable(state, arguments.len() as c_int, 0);
        for (index, argument) in arguments.iter().enumerate() {
            lua_pushstring(state, argument.as_ptr());
            lua_rawseti(state, -2, index as lua_Integer);
        }
        lua_setglobal(state, c"arg".as_ptr());
        lua_pushcfunction(state, traceback);
        if luaL_loadfile(state, arguments[0].as_ptr()) != LUA_OK {
            lua_error(state);
        }
        if lua_pcall(state, 0, 0, -2) != LUA_OK {
            lua_error(state);
        }
    }
    0
}

/// Adds a traceback to the message of an error.
unsafe extern "C-unwind" fn traceback(state: *mut lua_State) -> c_int {
    // SAFETY: Lua calls it with the error.
    unsafe {
        let message = luaL_tolstring(state, 1, std::ptr::null_mut());
        luaL_traceback(state, state, message, 1);
    }
    1
}

/// Prints the error, if there is one.
///
/// # Safety
///
/// `status` is that of a protected call in the state, whose error is on the stack.
unsafe fn finish(state: *mut lua_State, status: c_int) -> ExitCode {
    if status == LUA_OK {
        return ExitCode::SUCCESS;
    }
    // SAFETY: the caller promises an error on the stack. A string stays where it is as long as it is there.
    unsafe {
        let message = lua_tostring(state, -1);
        let message = if message.is_null() { c"an error that is not a string" } else { CStr::from_ptr(message) };
        eprintln!("lua: {}", message.to_string_lossy());
    }
    ExitCode::FAILURE
}
