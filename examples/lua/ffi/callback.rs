//! Lua functions as C functions.
//!
//! C must call a callback on the thread of the Lua state, during a call that the state made. Other calls return zeros. An
//! error in a callback is kept, and raised when the function that the script called has returned. Until then the state's
//! callbacks return zeros.

use std::ffi::{c_int, c_void};
use std::ptr;

use hotcall::{Call, Callback, ForeignCall, LocalOptions, Thunk};
use mlua_sys::lua54::*;

use super::kept::Kept;
use super::objects::{FUNCTION, Function, function_at, push_new};
use super::owner::{hide, push_owner};
use super::problem::Problem;
use super::state::{Ffi, ffi};
use super::text::fail;
use super::types::{Kind, Scope, Shape};
use super::values::{Shown, Use, push, to_slot};

/// The handler of a callback.
struct Handler {
    ffi: *const Ffi,
    reference: c_int,
    params: Box<[Kept<Shape>]>,
    result: Option<Kept<Shape>>,
    /// True if all values are numbers and booleans, and few.
    is_plain: bool,
}

/// The most values that a callback pushes without asking for room. A native has room for `LUA_MINSTACK`, and pushes two
/// itself.
const PLAIN: usize = 12;

/// A call by C, for the function that runs protected.
struct Invocation<'i, 'c> {
    handler: &'i Handler,
    call: &'i mut Call<'c>,
}

/// Makes a callback for the Lua function at this place in the registry.
fn make(ffi: &Ffi, scope: Kept<Scope>, ty: &str, reference: c_int) -> Result<Function, String> {
    let ty = scope.declarations.parse_type(ty).map_err(|error| error.to_string())?;
    let thunk = Thunk::of(&ty).map_err(|error| error.to_string())?;
    let signature = thunk.signature().clone();
    let params: Box<[_]> = signature.params().iter().map(|ty| scope.shape(ty)).collect::<Result<_, _>>()?;
    let result = signature.result().map(|ty| scope.shape(ty)).transpose()?;
    let is_plain = params.len() < PLAIN && params.iter().chain(&result).all(|shape| shape.is_number());
    let handler = Handler { ffi, reference, params, result, is_plain };
    // Nobody answers calls on other threads.
    let callback = Callback::local(&thunk, LocalOptions::new(), Err::<(), ForeignCall>, move |call| handler.run(call));
    Ok(Function { callback: callback.map_err(|error| error.to_string())?, signature, reference })
}

impl Handler {
    fn run(&self, call: &mut Call<'_>) {
        // SAFETY: the state's data lives longer than its callbacks.
        let ffi = unsafe { &*self.ffi };
        let state = ffi.running.get();
        if state.is_null() || ffi.thrown.get() {
            return;
        }
        // SAFETY: the thread has called C, and waits.
        unsafe {
            let failed = if self.is_plain { self.run_plain(state, call) } else { self.run_protected(state, call) };
            // A call that the function made has returned without setting it, if it raised an error.
            ffi.running.set(state);
            if failed {
                ffi.keep_error(state);
            }
        }
    }

    /// Calls a Lua function of numbers, which can be pushed without protection. Returns true if it leaves an error on the
    /// stack.
    ///
    /// # Safety
    ///
    /// The contract of [`state`](super::state), with room for [`PLAIN`] values.
    unsafe fn run_plain(&self, state: *mut lua_State, call: &mut Call<'_>) -> bool {
        // SAFETY: the registry keeps the function. Pushing numbers allocates nothing.
        unsafe {
            lua_rawgeti(state, LUA_REGISTRYINDEX, self.reference.into());
            for (shape, slot) in self.params.iter().zip(call.slots()) {
                push(state, shape, *slot);
            }
            if lua_pcall(state, self.params.len() as c_int, 1, 0) != LUA_OK {
                return true;
            }
            if let Some(shape) = self.result {
                match to_slot(state, -1, &shape, Use::Stored) {
                    // The result is a scalar, which a slot is right for.
                    Ok(slot) => drop(call.set_slot(slot)),
                    Err(problem) => {
                        let mut wrong = Wrong { shape, problem };
                        lua_settop(state, -2);
                        lua_pushcfunction(state, refuse_result);
                        lua_pushlightuserdata(state, (&raw mut wrong).cast());
                        lua_pcall(state, 1, 0, 0);
                        return true;
                    }
                }
            }
            lua_settop(state, -2);
        }
        false
    }

    /// Calls a Lua function with values that Lua allocates. Returns true if it leaves an error on the stack.
    ///
    /// # Safety
    ///
    /// The contract of [`state`](super::state).
    unsafe fn run_protected(&self, state: *mut lua_State, call: &mut Call<'_>) -> bool {
        let mut invocation = Invocation { handler: self, call };
        // SAFETY: errors end at the protected call. Pushing a function without upvalues, and an address, allocates nothing.
        unsafe {
            lua_pushcfunction(state, invoke);
            lua_pushlightuserdata(state, (&raw mut invocation).cast());
            lua_pcall(state, 1, 0, 0) != LUA_OK
        }
    }
}

/// A result of another type.
struct Wrong {
    shape: Kept<Shape>,
    problem: Problem,
}

/// Raises the error of a [`Wrong`] result.
unsafe extern "C-unwind" fn refuse_result(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. `run_plain` and `invoke` pass the address.
    unsafe {
        let Wrong { shape, problem } = *lua_touserdata(state, 1).cast::<Wrong>();
        fail(state, format_args!("a callback returned what is no {}: {problem}", Shown(&shape.ty)))
    }
}

/// Calls the Lua function of an [`Invocation`].
unsafe extern "C-unwind" fn invoke(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. `run_protected` passes the address. The slots are those of the
    // parameters, and slots of structs are addresses of bytes of their sizes.
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
                let mut wrong = Wrong { shape: *shape, problem };
                lua_pushlightuserdata(state, (&raw mut wrong).cast());
                lua_replace(state, 1);
                refuse_result(state);
            }
        }
    }
    0
}

/// Makes the metatable, and returns its address.
///
/// # Safety
///
/// The contract of [`state`](super::state).
pub(super) unsafe fn metatable(state: *mut lua_State) -> *const c_void {
    // SAFETY: the caller promises room on the stack. The owner's metatable gets its other functions here.
    unsafe {
        push_owner::<Function>(state, FUNCTION);
        luaL_newmetatable(state, FUNCTION.as_ptr());
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

/// Pushes a callback of this type for the function at an index.
///
/// # Safety
///
/// The contract of [`state`](super::state).
pub(super) unsafe fn push_callback(state: *mut lua_State, scope: Kept<Scope>, ty: &str, function: c_int) {
    // SAFETY: the value at the index is a function. The registry keeps it until the callback is dropped.
    unsafe {
        let owner = push_owner::<Function>(state, FUNCTION);
        lua_pushvalue(state, function);
        let reference = luaL_ref(state, LUA_REGISTRYINDEX);
        match make(ffi(state), scope, ty, reference) {
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
    // SAFETY: this is a native, whose contract is in `mod.rs`. The registry's place is free once, because the callback is taken.
    unsafe {
        if function_at(state, 1).is_some() {
            let owner = &mut *lua_touserdata(state, 1).cast::<Option<Function>>();
            if let Some(Function { callback, reference, .. }) = owner
                && !callback.is_closed()
            {
                callback.close();
                luaL_unref(state, LUA_REGISTRYINDEX, *reference);
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
