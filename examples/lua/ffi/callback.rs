//! Lua functions as C functions.
//!
//! C must call a callback on the thread of the Lua state, during a call that the state made. Other calls return zeros. An error
//! in a callback is kept, and raised when the function that the script called has returned. Until then the state's callbacks
//! return zeros.

use std::ffi::{c_int, c_void};
use std::ptr;

use hotcall::{Call, Callback, ForeignCall, LocalCallback, LocalOptions, Signature, Slot, Thunk};
use mlua_sys::lua54::*;

use super::memory::push_new;
use super::owner::{hide, push_owner};
use super::state::{Ffi, Kept, fail, ffi};
use super::types::{Kind, Scope, Shape};
use super::values::{Problem, Shown, Use, push, to_slot};

const NAME: &std::ffi::CStr = c"hotcall.callback";

/// A callback, which C may call until it is closed.
pub(super) struct Function {
    callback: LocalCallback,
    signature: Signature,
    /// The place of the Lua function in the registry.
    reference: c_int,
}

struct Handler {
    ffi: *const Ffi,
    reference: c_int,
    params: Box<[Kept<Shape>]>,
    result: Option<Kept<Shape>>,
}

/// A call by C, for the function that runs protected.
struct Invocation<'i, 'c> {
    handler: &'i Handler,
    call: &'i mut Call<'c>,
}

impl Function {
    /// The slot of the function's address, if the function has the type that C expects.
    pub(super) fn address(&self, expected: Option<&Signature>) -> Result<Slot, Problem> {
        if self.callback.is_closed() {
            return Err(Problem::Closed);
        }
        if expected.is_some_and(|expected| *expected != self.signature) {
            return Err(Problem::Callback);
        }
        Ok(self.callback.as_ptr().into())
    }

    fn new(ffi: &Ffi, scope: Kept<Scope>, ty: &str, reference: c_int) -> Result<Self, String> {
        let ty = scope.declarations.parse_type(ty).map_err(|error| error.to_string())?;
        let thunk = Thunk::of(&ty).map_err(|error| error.to_string())?;
        let signature = thunk.signature().clone();
        let handler = Handler {
            ffi,
            reference,
            params: signature.params().iter().map(|ty| scope.shape(ty)).collect::<Result<_, _>>()?,
            result: signature.result().map(|ty| scope.shape(ty)).transpose()?,
        };
        // Nobody answers calls on other threads.
        let callback =
            Callback::local(&thunk, LocalOptions::new(), Err::<(), ForeignCall>, move |call| handler.run(call));
        Ok(Self { callback: callback.map_err(|error| error.to_string())?, signature, reference })
    }
}

impl Handler {
    fn run(&self, call: &mut Call<'_>) {
        // SAFETY: the state's data lives longer than its callbacks.
        let ffi = unsafe { &*self.ffi };
        let state = ffi.running.get();
        if state.is_null() || ffi.thrown.get() {
            return;
        }
        let mut invocation = Invocation { handler: self, call };
        // SAFETY: the thread has called C, and waits. Errors end at the protected call. Pushing a function without upvalues, and
        // an address, allocates nothing.
        unsafe {
            // The error is the one that is kept from the start.
            if lua_checkstack(state, LUA_MINSTACK) == 0 {
                ffi.thrown.set(true);
                return;
            }
            lua_pushcfunction(state, invoke);
            lua_pushlightuserdata(state, (&raw mut invocation).cast());
            let status = lua_pcall(state, 1, 0, 0);
            // A call that the function made has returned without setting it, if it raised an error.
            ffi.running.set(state);
            if status != LUA_OK {
                ffi.keep_error(state);
            }
        }
    }
}

/// Calls the Lua function of an [`Invocation`].
unsafe extern "C-unwind" fn invoke(state: *mut lua_State) -> c_int {
    // SAFETY: the module's, for natives. `run` passes the address. The slots are those of the parameters, and slots of structs are
    // addresses of bytes of their sizes.
    unsafe {
        let Invocation { handler, call } = &mut *lua_touserdata(state, 1).cast::<Invocation<'_, '_>>();
        let Handler { reference, params, result, .. } = handler;
        luaL_checkstack(state, params.len() as c_int, c"a callback".as_ptr());
        lua_rawgeti(state, LUA_REGISTRYINDEX, (*reference).into());
        for (shape, slot) in params.iter().zip(call.slots()) {
            if matches!(shape.kind, Kind::Aggregate) {
                ptr::copy_nonoverlapping(slot.as_ptr(), push_new(state, *shape, 1), shape.size);
            } else {
                push(state, shape, *slot);
            }
        }
        lua_call(state, params.len() as c_int, 1);
        let Some(shape) = result else { return 0 };
        match to_slot(state, -1, shape, Use::Stored) {
            Ok(slot) if matches!(shape.kind, Kind::Aggregate) => {
                if let Ok(bytes) = call.result_bytes() {
                    bytes.copy_from_slice(std::slice::from_raw_parts(slot.as_ptr(), shape.size));
                }
            }
            // The result is a scalar, which a slot is right for.
            Ok(slot) => drop(call.set_slot(slot)),
            Err(problem) => {
                fail(state, format_args!("a callback returned what is no {}: {problem}", Shown(&shape.ty)));
            }
        }
    }
    0
}

/// Makes the metatable, and returns its address.
///
/// # Safety
///
/// [The module's](super::state).
pub(super) unsafe fn metatable(state: *mut lua_State) -> *const c_void {
    // SAFETY: the caller promises room on the stack. The owner's metatable gets its other functions here.
    unsafe {
        push_owner::<Function>(state, NAME);
        luaL_newmetatable(state, NAME.as_ptr());
        for (name, method) in [(c"__gc", collect as lua_CFunction), (c"__close", close)] {
            lua_pushcfunction(state, method);
            lua_setfield(state, -2, name.as_ptr());
        }
        hide(state);
        let address = lua_topointer(state, -1);
        lua_pop(state, 2);
        address
    }
}

/// Returns the callback at an index, if it is one. A closed one is still a callback.
///
/// # Safety
///
/// [The module's](super::state). It is used only as long as the value is reachable.
pub(super) unsafe fn at<'s>(state: *mut lua_State, index: c_int) -> Option<&'s Function> {
    // SAFETY: only this module gives userdata this metatable, which scripts do not see.
    unsafe {
        if lua_getmetatable(state, index) == 0 {
            return None;
        }
        let is_callback = lua_topointer(state, -1) == ffi(state).callback.get();
        lua_pop(state, 1);
        if !is_callback {
            return None;
        }
        (*lua_touserdata(state, index).cast::<Option<Function>>()).as_ref()
    }
}

/// Pushes a callback of this type for the function at an index.
///
/// # Safety
///
/// [The module's](super::state).
pub(super) unsafe fn push_callback(state: *mut lua_State, scope: Kept<Scope>, ty: &str, function: c_int) {
    // SAFETY: the value at the index is a function. The registry keeps it until the callback is dropped.
    unsafe {
        let owner = push_owner::<Function>(state, NAME);
        lua_pushvalue(state, function);
        let reference = luaL_ref(state, LUA_REGISTRYINDEX);
        match Function::new(ffi(state), scope, ty, reference) {
            Ok(made) => *owner = Some(made),
            Err(error) => {
                luaL_unref(state, LUA_REGISTRYINDEX, reference);
                fail(state, error);
            }
        }
    }
}

/// Closes the callback that is the first argument: from now on it returns zeros. Twice is once.
pub(super) unsafe extern "C-unwind" fn close(state: *mut lua_State) -> c_int {
    // SAFETY: the module's, for natives. The registry's place is free once, because the callback is taken.
    unsafe {
        if at(state, 1).is_some() {
            let owner = &mut *lua_touserdata(state, 1).cast::<Option<Function>>();
            if let Some(Function { callback, reference, .. }) = owner {
                if !callback.is_closed() {
                    callback.close();
                    luaL_unref(state, LUA_REGISTRYINDEX, *reference);
                }
            }
        }
    }
    0
}

/// The finaliser: closes the callback and drops it.
unsafe extern "C-unwind" fn collect(state: *mut lua_State) -> c_int {
    // SAFETY: scripts do not see the metatable, so Lua alone calls this, with such userdata.
    unsafe {
        close(state);
        drop((*lua_touserdata(state, 1).cast::<Option<Function>>()).take());
    }
    0
}
