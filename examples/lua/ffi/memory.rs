//! Memory with a C type: structs and arrays that Lua owns, and views of memory that C or another value owns.
//!
//! `memory.name` is a member, of the first element if there are several; `memory[0]` an element; `#memory` their number.
//! A member that is a struct or an array is a view, which keeps the memory around it.

use std::ffi::{c_int, c_void};
use std::ptr;

use hotcall::Slot;
use mlua_sys::lua54::*;

use super::kept::Kept;
use super::objects::{MEMORY, Memory, push_view};
use super::owner::hide;
use super::problem::Problem;
use super::text::{bytes, fail, push_text, text};
use super::types::{Kind, Shape};
use super::values::{self, Shown, Use, to_slot};

/// Pushes the metatable, keeps it in the registry, pops it and returns its address.
///
/// # Safety
///
/// The contract of [`state`](super::state).
pub(super) unsafe fn metatable(state: *mut lua_State) -> *const c_void {
    let methods: [(_, lua_CFunction); 5] = [
        (c"__index", index),
        (c"__newindex", set_index),
        (c"__len", len),
        (c"__eq", equal),
        (c"__tostring", to_string),
    ];
    // SAFETY: the caller promises room on the stack.
    unsafe {
        luaL_newmetatable(state, MEMORY.as_ptr());
        for (name, method) in methods {
            lua_pushcfunction(state, method);
            lua_setfield(state, -2, name.as_ptr());
        }
        hide(state);
        let address = lua_topointer(state, -1);
        lua_pop(state, 1);
        address
    }
}

/// Returns the argument of a function of the metatable, or raises an error.
///
/// # Safety
///
/// The contract of [`state`](super::state).
unsafe fn this<'s>(state: *mut lua_State, index: c_int) -> &'s Memory {
    // SAFETY: the function's argument is reachable while it runs.
    unsafe {
        match Memory::at(state, index) {
            Some(memory) => memory,
            None => fail(state, format_args!("argument {index} is not memory")),
        }
    }
}

/// Pushes what is in memory: a scalar, or a view of a struct or array, which keeps the value at `owner`.
///
/// # Safety
///
/// Those of [`push_view`] and [`values::push`]. The memory has the type's size.
pub(super) unsafe fn read(state: *mut lua_State, shape: Kept<Shape>, data: *mut u8, owner: c_int) {
    // SAFETY: the caller promises memory of the type.
    unsafe {
        match shape.kind {
            Kind::Aggregate => push_view(state, shape, data, 1, owner),
            Kind::Array { element, len } => push_view(state, element, data, len, owner),
            Kind::Int { .. } | Kind::F32 | Kind::F64 | Kind::Bool | Kind::Pointer(_) => {
                let mut bits = [0; 8];
                ptr::copy_nonoverlapping(data, bits.as_mut_ptr(), shape.size);
                let slot = Slot::from_bits(u64::from_le_bytes(bits));
                values::push(state, &shape, shape.ty.as_scalar().map_or(slot, |scalar| slot.canonical(scalar)));
            }
        }
    }
}

/// Writes the value at an index to memory: a scalar, another struct's bytes, or a table of members or elements.
///
/// # Safety
///
/// The contract of [`state`](super::state). The memory has the type's size and can be written to.
pub(super) unsafe fn write(
    state: *mut lua_State,
    shape: Kept<Shape>,
    data: *mut u8,
    index: c_int,
) -> Result<(), Problem> {
    // SAFETY: the caller promises memory of the type. Memory of an equal type has its size.
    unsafe {
        let (element, count) = if let Kind::Array { element, len } = shape.kind { (element, len) } else { (shape, 1) };
        match lua_type(state, index) {
            LUA_TTABLE => {
                if matches!(shape.kind, Kind::Aggregate | Kind::Array { .. }) {
                    fill(state, &Memory { shape: element, data, count, is_counted: true }, index);
                    return Ok(());
                }
            }
            LUA_TSTRING if element.size == 1 && matches!(shape.kind, Kind::Array { .. }) => {
                let bytes = bytes(state, index);
                if bytes.len() > count {
                    return Err(Problem::Small { has: count, needs: bytes.len() });
                }
                data.write_bytes(0, count);
                ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
                return Ok(());
            }
            LUA_TUSERDATA => {
                if let (Kind::Array { .. }, Some(from)) = (&shape.kind, Memory::at(state, index)) {
                    if from.count != count || !from.shape.is(&element) {
                        return Err(Problem::Other);
                    }
                    ptr::copy(from.data, data, shape.size);
                    return Ok(());
                }
            }
            _ => {}
        }
        let slot = to_slot(state, index, &shape, Use::Stored)?;
        if matches!(shape.kind, Kind::Aggregate) {
            ptr::copy(slot.as_ptr(), data, shape.size);
        } else {
            ptr::copy_nonoverlapping(slot.to_bits().to_le_bytes().as_ptr(), data, shape.size);
        }
    }
    Ok(())
}

/// Writes the entries of the table at an index: members by name, elements by number from 0.
///
/// # Safety
///
/// That of [`write`].
pub(super) unsafe fn fill(state: *mut lua_State, to: &Memory, index: c_int) {
    // SAFETY: the caller promises memory of the type. `lua_next` leaves a key and a value.
    unsafe {
        luaL_checkstack(state, 12, c"a table in tables".as_ptr());
        let table = lua_absindex(state, index);
        lua_pushnil(state);
        while lua_next(state, table) != 0 {
            set(state, to, -2);
            lua_pop(state, 1);
        }
    }
}

/// Finds the part of a key, or raises an error.
///
/// # Safety
///
/// The contract of [`state`](super::state).
unsafe fn part(state: *mut lua_State, memory: &Memory, key: c_int) -> (Kept<Shape>, *mut u8) {
    let Memory { shape, data, count, .. } = *memory;
    // SAFETY: an element within the count and a member within its struct are within the memory.
    unsafe {
        if lua_type(state, key) == LUA_TSTRING {
            if !matches!(shape.kind, Kind::Aggregate) || count == 0 {
                fail(state, format_args!("{} has no members", Shown(&shape.ty)));
            }
            return match shape.member(text(state, key, "a member's name")) {
                Ok(member) => (member.shape, data.add(member.offset)),
                Err(error) => fail(state, error),
            };
        }
        let mut is_integer = 0;
        let index = lua_tointegerx(state, key, &raw mut is_integer);
        if is_integer == 0 {
            fail(state, "an index is a member's name or an integer");
        }
        match usize::try_from(index) {
            Ok(index) if index < count => (shape, data.add(index * shape.size)),
            _ => fail(state, format_args!("there is no element {index}: the first is 0, and there are {count}")),
        }
    }
}

/// Writes the value on top of the stack to the part of a key, or raises an error.
///
/// # Safety
///
/// That of [`write`].
unsafe fn set(state: *mut lua_State, memory: &Memory, key: c_int) {
    // SAFETY: the part is within the memory.
    unsafe {
        let (shape, data) = part(state, memory, key);
        let value = lua_gettop(state);
        if let Err(problem) = write(state, shape, data, value) {
            let ty = Shown(&shape.ty);
            if lua_type(state, key) == LUA_TSTRING {
                fail(state, format_args!("cannot set {} ({ty}): {problem}", text(state, key, "a member's name")));
            }
            fail(state, format_args!("cannot set element {} ({ty}): {problem}", lua_tointeger(state, key)));
        }
    }
}

unsafe extern "C-unwind" fn index(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe {
        let memory = this(state, 1);
        let (shape, data) = part(state, memory, 2);
        read(state, shape, data, 1);
    }
    1
}

unsafe extern "C-unwind" fn set_index(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe {
        let memory = this(state, 1);
        lua_settop(state, 3);
        set(state, memory, 2);
    }
    0
}

unsafe extern "C-unwind" fn len(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe { lua_pushinteger(state, this(state, 1).count as lua_Integer) };
    1
}

/// Two values are equal if they are the same memory.
unsafe extern "C-unwind" fn equal(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe {
        let (one, other) = (Memory::at(state, 1), Memory::at(state, 2));
        let equal = one.zip(other).is_some_and(|(one, other)| one.data == other.data);
        lua_pushboolean(state, equal.into());
    }
    1
}

unsafe extern "C-unwind" fn to_string(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. The text stays where it is until Lua has copied it.
    unsafe {
        let memory = this(state, 1);
        match memory.count {
            1 => push_text(state, format_args!("{} at {:p}", Shown(&memory.shape.ty), memory.data)),
            count => {
                push_text(state, format_args!("{}[{count}] at {:p}", Shown(&memory.shape.ty), memory.data));
            }
        }
    }
    1
}
