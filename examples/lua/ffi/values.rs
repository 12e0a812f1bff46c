//! Lua's values as C's, and back.

use std::ffi::c_int;
use std::fmt;

use hotcall::{Slot, Target, Type};
use mlua_sys::lua54::*;

use super::objects::{Memory, function_at, push_target};
use super::problem::Problem;
use super::text::bytes;
use super::types::{Kind, Pointer, Shape};

/// The use of a converted value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Use {
    /// An argument: C has it during the call, while the value is on Lua's stack.
    Argument,
    /// A member, a variable or a callback's result: C has it longer.
    Stored,
}

/// Converts the value at an index. The slot of a struct is the address of its bytes, which the value keeps.
///
/// # Safety
///
/// The contract of [`state`](super::state).
#[inline]
pub(super) unsafe fn to_slot(state: *mut lua_State, index: c_int, shape: &Shape, what: Use) -> Result<Slot, Problem> {
    let mut is_number = 0;
    // SAFETY: the caller's index is that of a value. These functions change nothing.
    unsafe {
        match &shape.kind {
            &Kind::Int { shift, signed } => {
                let number = lua_tointegerx(state, index, &raw mut is_number);
                let narrow = if signed { number << shift >> shift } else { ((number as u64) << shift >> shift) as i64 };
                if is_number != 0 && narrow == number { Ok(number.into()) } else { Err(no_integer(state, index)) }
            }
            Kind::F64 => {
                let number = lua_tonumberx(state, index, &raw mut is_number);
                if is_number != 0 { Ok(number.into()) } else { Err(no(state, index, "a number")) }
            }
            Kind::F32 => {
                let number = lua_tonumberx(state, index, &raw mut is_number);
                if is_number != 0 { Ok((number as f32).into()) } else { Err(no(state, index, "a number")) }
            }
            Kind::Bool if lua_type(state, index) == LUA_TBOOLEAN => Ok((lua_toboolean(state, index) != 0).into()),
            Kind::Bool => Err(no(state, index, "a boolean")),
            Kind::Pointer(pointer) => to_pointer(state, index, pointer, what),
            Kind::Aggregate => match Memory::at(state, index) {
                Some(memory) if memory.count > 0 && memory.shape.is(shape) => Ok(memory.data.into()),
                Some(_) => Err(Problem::Other),
                None => Err(no(state, index, "a struct")),
            },
            // C passes arrays by their address.
            Kind::Array { .. } => Err(Problem::Other),
        }
    }
}

/// # Safety
///
/// The contract of [`state`](super::state).
unsafe fn to_pointer(state: *mut lua_State, index: c_int, pointer: &Pointer, what: Use) -> Result<Slot, Problem> {
    // SAFETY: the caller's index is that of a value.
    unsafe {
        match lua_type(state, index) {
            LUA_TUSERDATA => {
                if let Some(memory) = Memory::at(state, index) {
                    let (has, needs) = (memory.bytes(), pointer.target.map_or(0, |target| target.size));
                    return if has >= needs { Ok(memory.data.into()) } else { Err(Problem::Small { has, needs }) };
                }
                match function_at(state, index) {
                    Some(callback) => callback.address(pointer.function.as_ref()),
                    None => Err(no(state, index, "a pointer")),
                }
            }
            LUA_TNIL => Ok(Slot::default()),
            LUA_TLIGHTUSERDATA => Ok(lua_touserdata(state, index).into()),
            LUA_TSTRING if !pointer.is_function => {
                let bytes = bytes(state, index);
                if what == Use::Stored {
                    Err(Problem::Dangling)
                } else if !pointer.constant {
                    Err(Problem::Constant)
                } else if pointer.text && bytes.contains(&0) {
                    Err(Problem::Zero)
                } else {
                    // Lua puts a zero behind the bytes.
                    Ok(bytes.as_ptr().into())
                }
            }
            _ => Err(no(state, index, if pointer.is_function { "a callback" } else { "a pointer" })),
        }
    }
}

/// # Safety
///
/// The contract of [`state`](super::state).
#[cold]
unsafe fn no_integer(state: *mut lua_State, index: c_int) -> Problem {
    let (mut is_number, mut is_integer) = (0, 0);
    // SAFETY: the caller's index is that of a value.
    let (integer, number) =
        unsafe { (lua_tointegerx(state, index, &raw mut is_integer), lua_tonumberx(state, index, &raw mut is_number)) };
    if is_integer != 0 {
        Problem::Range(integer)
    } else if is_number == 0 {
        // SAFETY: the caller's index is that of a value.
        unsafe { no(state, index, "a number") }
    } else if number.fract() == 0.0 {
        Problem::NumberRange(number)
    } else {
        Problem::Fraction(number)
    }
}

/// # Safety
///
/// The contract of [`state`](super::state).
#[cold]
unsafe fn no(state: *mut lua_State, index: c_int, expected: &'static str) -> Problem {
    // SAFETY: the caller's index is that of a value.
    let found = match unsafe { lua_type(state, index) } {
        LUA_TNIL => "nil",
        LUA_TBOOLEAN => "a boolean",
        LUA_TNUMBER => "a number",
        LUA_TSTRING => "a string",
        LUA_TTABLE => "a table",
        LUA_TFUNCTION => "a function",
        LUA_TTHREAD => "a thread",
        _ => "userdata",
    };
    Problem::Kind { expected, found }
}

/// Pushes a scalar.
///
/// # Safety
///
/// The contract of [`state`](super::state). A pointer to constant text points to text that ends with a zero, or is null.
#[inline]
pub(super) unsafe fn push(state: *mut lua_State, shape: &Shape, slot: Slot) {
    // SAFETY: the caller promises room on the stack.
    unsafe {
        match &shape.kind {
            // Unsigned integers of 64 bits are Lua's integers with the same bits.
            Kind::Int { .. } => lua_pushinteger(state, slot.as_i64()),
            Kind::F64 => lua_pushnumber(state, slot.as_f64()),
            Kind::F32 => lua_pushnumber(state, slot.as_f32().into()),
            Kind::Bool => lua_pushboolean(state, slot.as_bool().into()),
            Kind::Pointer(pointer) => push_pointer(state, pointer, slot),
            // Callers push bytes themselves.
            Kind::Aggregate | Kind::Array { .. } => lua_pushnil(state),
        }
    }
}

/// # Safety
///
/// That of [`push`].
unsafe fn push_pointer(state: *mut lua_State, pointer: &Pointer, slot: Slot) {
    // SAFETY: the caller promises room on the stack, and text behind a pointer to constant text.
    unsafe {
        if slot.to_bits() == 0 {
            lua_pushnil(state);
        } else if pointer.text && pointer.constant {
            lua_pushstring(state, slot.as_ptr());
        } else if let (Some(target), false) = (pointer.target, pointer.text) {
            push_target(state, target, slot.as_mut_ptr());
        } else {
            lua_pushlightuserdata(state, slot.as_mut_ptr());
        }
    }
}

/// A type for messages: `const struct point *`, `function (i32) -> i32`, `i32`.
pub(super) struct Shown<'t>(pub(super) &'t Type);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.pointer().map(|pointer| (pointer, pointer.target())) {
            Some((_, Target::Function(function))) => write!(f, "function {}", function.signature()),
            Some((pointer, _)) => pointer.fmt(f),
            None => self.0.fmt(f),
        }
    }
}
