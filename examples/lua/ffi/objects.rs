//! The userdata that conversions know: memory, and callbacks.

use std::ffi::{CStr, c_int};

use hotcall::{LocalCallback, Signature, Slot};
use mlua_sys::lua54::*;

use super::kept::Kept;
use super::problem::Problem;
use super::state::ffi;
use super::text::fail;
use super::types::Shape;

/// The names of their metatables in the registry.
pub(super) const MEMORY: &CStr = c"hotcall.memory";
pub(super) const FUNCTION: &CStr = c"hotcall.callback";

/// The beginning of the userdata. Memory that Lua owns follows it.
pub(super) struct Memory {
    /// The type of an element.
    pub(super) shape: Kept<Shape>,
    pub(super) data: *mut u8,
    pub(super) count: usize,
    /// False for what C points to: `count` is 1, and there may be more.
    pub(super) is_counted: bool,
}

/// The strictest alignment of a C type here. Lua aligns to 8.
const ALIGN: usize = 16;

impl Memory {
    /// The number of bytes; `usize::MAX` if nobody knows it.
    pub(super) fn bytes(&self) -> usize {
        if self.is_counted { self.count * self.shape.size } else { usize::MAX }
    }

    /// Returns the memory at an index, if it is memory.
    ///
    /// # Safety
    ///
    /// The contract of [`state`](super::state). It is used only as long as the value is reachable.
    #[inline]
    pub(super) unsafe fn at<'s>(state: *mut lua_State, index: c_int) -> Option<&'s Self> {
        // SAFETY: only this module gives userdata this metatable, which scripts do not see.
        unsafe {
            if lua_getmetatable(state, index) == 0 {
                return None;
            }
            let is_memory = lua_topointer(state, -1) == ffi(state).memory.get();
            lua_pop(state, 1);
            is_memory.then(|| &*lua_touserdata(state, index).cast::<Self>())
        }
    }
}

/// Pushes zeroed memory for `count` elements, and returns where it is.
///
/// # Safety
///
/// The contract of [`state`](super::state).
pub(super) unsafe fn push_new(state: *mut lua_State, shape: Kept<Shape>, count: usize) -> *mut u8 {
    let size = shape.size.checked_mul(count).filter(|size| *size < isize::MAX as usize / 2);
    // SAFETY: the memory has room for the header, for the bytes, and for moving these to a multiple of `ALIGN`.
    unsafe {
        let Some(size) = size else { fail(state, format_args!("{count} elements are too many")) };
        let memory = lua_newuserdatauv(state, size_of::<Memory>() + ALIGN + size, 0).cast::<Memory>();
        let data = memory.add(1).cast::<u8>();
        let data = data.add(data.align_offset(ALIGN));
        data.write_bytes(0, size);
        finish(state, memory, Memory { shape, data, count, is_counted: true });
        data
    }
}

/// Pushes a view of what C points to.
///
/// # Safety
///
/// The contract of [`state`](super::state). The memory can be used as long as the script uses the view.
pub(super) unsafe fn push_target(state: *mut lua_State, shape: Kept<Shape>, data: *mut u8) {
    // SAFETY: the caller promises an element of the type.
    unsafe { push(state, Memory { shape, data, count: 1, is_counted: false }, 0) };
}

/// Pushes a view of elements. It keeps the value at the index `owner`, unless that is 0.
///
/// # Safety
///
/// The contract of [`state`](super::state). The memory can be used as long as the script uses the view.
pub(super) unsafe fn push_view(state: *mut lua_State, shape: Kept<Shape>, data: *mut u8, count: usize, owner: c_int) {
    // SAFETY: the caller promises elements of the type.
    unsafe { push(state, Memory { shape, data, count, is_counted: true }, owner) };
}

/// # Safety
///
/// That of [`push_view`].
unsafe fn push(state: *mut lua_State, view: Memory, owner: c_int) {
    // SAFETY: the memory has room for the header. Indices of upvalues and arguments do not move.
    unsafe {
        let memory = lua_newuserdatauv(state, size_of::<Memory>(), c_int::from(owner != 0)).cast::<Memory>();
        finish(state, memory, view);
        if owner != 0 {
            lua_pushvalue(state, owner);
            lua_setiuservalue(state, -2, 1);
        }
    }
}

/// # Safety
///
/// The contract of [`state`](super::state). `to` is the userdata on top of the stack.
unsafe fn finish(state: *mut lua_State, to: *mut Memory, memory: Memory) {
    // SAFETY: the caller has made the userdata. The registry has the metatable, so that nothing is allocated.
    unsafe {
        to.write(memory);
        lua_getfield(state, LUA_REGISTRYINDEX, MEMORY.as_ptr());
        lua_setmetatable(state, -2);
    }
}

/// A callback, which C may call until it is closed.
pub(super) struct Function {
    pub(super) callback: LocalCallback,
    pub(super) signature: Signature,
    /// The place of the Lua function in the registry.
    pub(super) reference: c_int,
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
}

/// Returns the callback at an index, if it is one. A closed one is still a callback.
///
/// # Safety
///
/// The contract of [`state`](super::state). It is used only as long as the value is reachable.
pub(super) unsafe fn function_at<'s>(state: *mut lua_State, index: c_int) -> Option<&'s Function> {
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
