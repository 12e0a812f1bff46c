//! C functions as Lua functions.
//!
//! Slots for the arguments are on the machine's stack. So a call of numbers allocates nothing, neither here nor in Lua.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::slice;

use hotcall::{Function, Slot};
use mlua_sys::lua54::*;

use super::memory::push_new;
use super::state::{Kept, fail, ffi};
use super::types::{Kind, Scope, Shape};
use super::values::{Shown, Use, push, to_slot};

/// A C function, with what its calls need of its types.
pub(super) struct Native {
    function: Function,
    params: Box<[Kept<Shape>]>,
    result: Option<Kept<Shape>>,
}

/// Functions with more parameters get memory from Lua for their slots.
const PARAMETERS: usize = 16;

impl Native {
    pub(super) fn new(function: Function, scope: Kept<Scope>) -> Result<Self, String> {
        let signature = function.signature();
        let params = signature.params().iter().map(|ty| scope.shape(ty)).collect::<Result<_, _>>()?;
        let result = signature.result().map(|ty| scope.shape(ty)).transpose()?;
        Ok(Self { function, params, result })
    }
}

/// The Lua function of a [`Native`], which is its first upvalue.
pub(super) unsafe extern "C-unwind" fn call(state: *mut lua_State) -> c_int {
    // SAFETY: the module's, for natives. `library.rs` has filled the upvalue. The slots are those of the function's
    // parameters, and their bytes belong to arguments on the stack. That the declaration is true is the script's promise.
    unsafe {
        let Some(native) = &*lua_touserdata(state, lua_upvalueindex(1)).cast::<Option<Native>>() else { return 0 };
        let Native { function, params, result } = native;
        let given = lua_gettop(state);
        if given as usize != params.len() {
            fail(state, format_args!("function {:?} takes {} arguments, not {given}", function.name(), params.len()));
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
                Err(problem) => fail(
                    state,
                    format_args!(
                        "cannot call {:?}: argument {} ({}): {problem}",
                        function.name(),
                        index + 1,
                        Shown(&shape.ty)
                    ),
                ),
            }
        }
        let slots = slice::from_raw_parts(slots, params.len());
        let ffi = ffi(state);
        let outer = ffi.running.replace(state);
        let outcome = match result {
            Some(shape) if matches!(shape.kind, Kind::Aggregate) => {
                let bytes = push_new(state, *shape, 1);
                function.call_slots_into(slots, slice::from_raw_parts_mut(bytes, shape.size)).map(|()| Slot::default())
            }
            _ => function.call_slots(slots),
        };
        ffi.running.set(outer);
        let value = match outcome {
            Ok(value) => value,
            Err(error) => fail(state, error),
        };
        if ffi.thrown.get() {
            ffi.raise_kept(state);
        }
        match result {
            None => return 0,
            Some(shape) if matches!(shape.kind, Kind::Aggregate) => {}
            Some(shape) => push(state, shape, value),
        }
        1
    }
}
