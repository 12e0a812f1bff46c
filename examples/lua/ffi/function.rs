//! C functions as Lua functions.
//!
//! Slots for the arguments are on the machine's stack. So a call of numbers allocates nothing, neither here nor in Lua.

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::rc::Rc;

use hotcall::{Function, Slot};
use mlua_sys::lua54::*;

use super::kept::Kept;
use super::objects::push_new;
use super::problem::Problem;
use super::state::ffi;
use super::text::fail;
use super::types::{Kind, Scope, Shape};
use super::values::{Shown, Use, push, to_slot};

/// A C function, with what its calls need of its types.
pub(super) struct Native {
    function: Function,
    /// True once the library is closed.
    is_closed: Rc<Cell<bool>>,
    params: Box<[Kept<Shape>]>,
    result: Option<Kept<Shape>>,
}

/// Functions with more parameters get memory from Lua for their slots.
const PARAMETERS: usize = 16;

impl Native {
    pub(super) fn new(function: Function, is_closed: Rc<Cell<bool>>, scope: Kept<Scope>) -> Result<Self, String> {
        let signature = function.signature();
        let params = signature.params().iter().map(|ty| scope.shape(ty)).collect::<Result<_, _>>()?;
        let result = signature.result().map(|ty| scope.shape(ty)).transpose()?;
        Ok(Self { function, is_closed, params, result })
    }
}

/// The Lua function of a [`Native`], which is its first upvalue.
pub(super) unsafe extern "C-unwind" fn call(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. `library.rs` has filled the upvalue. There is a slot for each
    // parameter, and the bytes of structs belong to arguments on Lua's stack. The function is compiled, and its library is
    // open. The script promises that the declaration is true.
    unsafe {
        let Some(native) = &*lua_touserdata(state, lua_upvalueindex(1)).cast::<Option<Native>>() else { return 0 };
        let Native { function, is_closed, params, result } = native;
        if lua_gettop(state) as usize != params.len() || is_closed.get() {
            refuse(state, native);
        }
        let mut few = [const { MaybeUninit::<Slot>::uninit() }; PARAMETERS];
        let slots = if params.len() <= PARAMETERS {
            few.as_mut_ptr().cast::<Slot>()
        } else {
            lua_newuserdatauv(state, size_of::<Slot>() * params.len(), 0).cast()
        };
        for (index, shape) in params.iter().enumerate() {
            match to_slot(state, index as c_int + 1, shape, Use::Argument) {
                Ok(slot) => slots.add(index).write(slot),
                Err(problem) => refuse_argument(state, native, index, problem),
            }
        }
        let mut value = Slot::default();
        let is_struct = result.is_some_and(|shape| matches!(shape.kind, Kind::Aggregate));
        let to = match result {
            Some(shape) if is_struct => push_new(state, *shape, 1).cast(),
            _ => &raw mut value,
        };
        let ffi = ffi(state);
        let outer = ffi.running.replace(state);
        function.call_unchecked(slots, to);
        ffi.running.set(outer);
        if ffi.thrown.get() {
            ffi.raise_kept(state);
        }
        match result {
            None => return 0,
            Some(_) if is_struct => {}
            Some(shape) => push(state, shape, value),
        }
        1
    }
}

/// Raises the error of a call with another number of arguments, or after the library was closed.
///
/// # Safety
///
/// The contract of [`state`](super::state).
#[cold]
unsafe fn refuse(state: *mut lua_State, native: &Native) -> ! {
    let Native { function, is_closed, params, .. } = native;
    // SAFETY: the caller owns nothing. A checked call of a closed library's function is refused before anything else.
    unsafe {
        if is_closed.get()
            && let Err(error) = function.call_slots(&[])
        {
            fail(state, error);
        }
        let (name, given) = (function.name(), lua_gettop(state));
        fail(state, format_args!("function {name:?} takes {} arguments, not {given}", params.len()))
    }
}

/// Raises the error of an argument, whose index is from 0.
///
/// # Safety
///
/// The contract of [`state`](super::state).
#[cold]
unsafe fn refuse_argument(state: *mut lua_State, native: &Native, index: usize, problem: Problem) -> ! {
    let (name, ty) = (native.function.name(), Shown(&native.params[index].ty));
    // SAFETY: the caller owns nothing.
    unsafe { fail(state, format_args!("cannot call {name:?}: argument {} ({ty}): {problem}", index + 1)) }
}
