//! Data that belongs to one Lua state.
//!
//! # Safety
//!
//! The contract of functions with a parameter `state`: it is the Lua thread that runs, in a state in which
//! `Ffi::install` was called. It has room for six more values on its stack. Indices are those of values on the stack.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use mlua_sys::lua54::*;

use super::kept::Arena;
use super::types::Scope;

/// Data that belongs to one Lua state. It lives longer than the state.
pub(crate) struct Ffi {
    /// The types of the opened libraries.
    pub(super) scopes: Arena<Scope>,
    /// The Lua thread whose call of C runs now; null if C was not called.
    pub(super) running: Cell<*mut lua_State>,
    /// True from an error in a callback until the call of C that caused it has returned.
    pub(super) thrown: Cell<bool>,
    /// The metatables by which userdata is known.
    pub(super) memory: Cell<*const c_void>,
    pub(super) callback: Cell<*const c_void>,
}

/// The key of the waiting error in the registry.
static THROWN: u8 = 0;

impl Ffi {
    pub(crate) fn new() -> Self {
        let (running, none) = (Cell::new(ptr::null_mut()), || Cell::new(ptr::null()));
        Self { scopes: Arena::default(), running, thrown: Cell::default(), memory: none(), callback: none() }
    }

    /// Makes this the state's data.
    ///
    /// # Safety
    ///
    /// The state is closed before this value is moved or dropped.
    pub(super) unsafe fn enter(&self, state: *mut lua_State) {
        // SAFETY: the extra space of a state is this module's, and new threads of the state get a copy.
        unsafe {
            *lua_getextraspace(state).cast::<*const Self>() = self;
            // The entry is there from now on: a callback's error is stored without a new one.
            lua_pushboolean(state, 0);
            lua_rawsetp(state, LUA_REGISTRYINDEX, (&raw const THROWN).cast());
        }
    }

    /// Keeps the error on top of the stack, and pops it.
    ///
    /// # Safety
    ///
    /// The contract of this module, with an error on the stack.
    pub(super) unsafe fn keep_error(&self, state: *mut lua_State) {
        // SAFETY: the registry has this entry already, so that nothing is allocated.
        unsafe { lua_rawsetp(state, LUA_REGISTRYINDEX, (&raw const THROWN).cast()) };
        self.thrown.set(true);
    }

    /// Raises the error of a callback.
    ///
    /// # Safety
    ///
    /// The contract of this module. `keep_error` was called.
    #[cold]
    pub(super) unsafe fn raise_kept(&self, state: *mut lua_State) -> ! {
        self.thrown.set(false);
        // SAFETY: the entry is there since `install`.
        unsafe {
            lua_rawgetp(state, LUA_REGISTRYINDEX, (&raw const THROWN).cast());
            lua_pushboolean(state, 0);
            lua_rawsetp(state, LUA_REGISTRYINDEX, (&raw const THROWN).cast());
            lua_error(state)
        }
    }
}

/// Returns the state's data.
///
/// # Safety
///
/// The contract of this module.
#[inline]
pub(super) unsafe fn ffi<'s>(state: *mut lua_State) -> &'s Ffi {
    // SAFETY: `install` wrote the address, and the data lives longer than the state.
    unsafe { &**lua_getextraspace(state).cast::<*const Ffi>() }
}
