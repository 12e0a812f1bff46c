//! Data that belongs to one Lua state, and how errors are raised in it.
//!
//! # Safety
//!
//! The contract of functions with a parameter `state`: it is the Lua thread that runs, in a state in which
//! [`Ffi::install`] was called. It has room for six more values on its stack. Indices are those of values on the stack.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::fmt::{self, Write};
use std::ops::Deref;
use std::ptr::{self, NonNull};

use mlua_sys::lua54::*;

use super::types::Scope;
use super::{callback, memory, module};

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

    /// Makes the module `ffi` known to `require`. May raise an error of Lua.
    ///
    /// # Safety
    ///
    /// `state` is a Lua thread with its standard libraries. The state is closed before this value is moved or dropped.
    pub(crate) unsafe fn install(&self, state: *mut lua_State) {
        // SAFETY: the extra space of a state is this module's, and new threads of the state get a copy.
        unsafe {
            *lua_getextraspace(state).cast::<*const Self>() = self;
            // The entry is there from now on: a callback's error is stored without a new one.
            set_error(state);
            self.memory.set(memory::metatable(state));
            self.callback.set(callback::metatable(state));
            luaL_requiref(state, c"ffi".as_ptr(), module::open, 0);
            lua_pop(state, 1);
        }
    }

    /// Keeps the error on top of the stack, and pops it.
    ///
    /// # Safety
    ///
    /// The module's, with an error on the stack.
    pub(super) unsafe fn keep_error(&self, state: *mut lua_State) {
        // SAFETY: the registry has this entry already, so that nothing is allocated.
        unsafe { lua_rawsetp(state, LUA_REGISTRYINDEX, (&raw const THROWN).cast()) };
        self.thrown.set(true);
    }

    /// Raises the error of a callback.
    ///
    /// # Safety
    ///
    /// The module's. `keep_error` was called.
    #[cold]
    pub(super) unsafe fn raise_kept(&self, state: *mut lua_State) -> ! {
        self.thrown.set(false);
        // SAFETY: the entry is there since `install`.
        unsafe {
            lua_rawgetp(state, LUA_REGISTRYINDEX, (&raw const THROWN).cast());
            set_error(state);
            lua_error(state)
        }
    }
}

/// Sets the error for a callback that has no room to run.
///
/// # Safety
///
/// The module's.
unsafe fn set_error(state: *mut lua_State) {
    // SAFETY: the caller promises room on the stack.
    unsafe {
        lua_pushstring(state, c"stack overflow in a callback".as_ptr());
        lua_rawsetp(state, LUA_REGISTRYINDEX, (&raw const THROWN).cast());
    }
}

/// Returns the state's data.
///
/// # Safety
///
/// The module's.
#[inline]
pub(super) unsafe fn ffi<'s>(state: *mut lua_State) -> &'s Ffi {
    // SAFETY: `install` wrote the address, and the data lives longer than the state.
    unsafe { &**lua_getextraspace(state).cast::<*const Ffi>() }
}

/// Raises an error of Lua, with the place in the script that called. Drops the argument first.
///
/// # Safety
///
/// The module's. The callers own nothing.
#[cold]
pub(super) unsafe fn fail(state: *mut lua_State, message: impl fmt::Display) -> ! {
    // SAFETY: the caller's state, with room on its stack.
    unsafe {
        push_text(state, message);
        luaL_where(state, 1);
        lua_insert(state, -2);
        lua_concat(state, 2);
        lua_error(state)
    }
}

/// Pushes a text. Drops the argument first.
///
/// # Safety
///
/// The module's.
pub(super) unsafe fn push_text(state: *mut lua_State, message: impl fmt::Display) {
    thread_local! {
        /// The text, where an error of Lua does not jump over its owner.
        static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
    }
    let (text, len) = MESSAGE.with_borrow_mut(|text| {
        text.clear();
        // Writing to a string does not fail.
        let _ = write!(text, "{message}");
        (text.as_ptr(), text.len())
    });
    drop(message);
    // SAFETY: nothing changes the text until Lua has copied it, which is before a finaliser may run.
    unsafe { lua_pushlstring(state, text.cast(), len) };
}

/// Returns the text at an index, or raises an error.
///
/// # Safety
///
/// The module's. The text is used only as long as the value is on the stack.
pub(super) unsafe fn text<'s>(state: *mut lua_State, index: c_int, name: &str) -> &'s str {
    // SAFETY: a string's bytes stay where they are as long as the value is on the stack.
    unsafe {
        if lua_type(state, index) != LUA_TSTRING {
            fail(state, format_args!("{name} is not a string"));
        }
        match str::from_utf8(bytes(state, index)) {
            Ok(text) => text,
            Err(_) => fail(state, format_args!("{name} is not UTF-8")),
        }
    }
}

/// Returns the bytes of the string at an index.
///
/// # Safety
///
/// The module's. The value is a string, and the bytes are used only as long as it is on the stack.
pub(super) unsafe fn bytes<'s>(state: *mut lua_State, index: c_int) -> &'s [u8] {
    let mut len = 0;
    // SAFETY: a string's bytes stay where they are as long as the value is on the stack.
    unsafe { std::slice::from_raw_parts(lua_tolstring(state, index, &raw mut len).cast(), len) }
}

/// Things that are kept until the state is closed.
pub(super) struct Arena<T>(RefCell<Vec<NonNull<T>>>);

/// A thing in the [`Arena`] of a state. Used only while the state is open.
pub(super) struct Kept<T>(NonNull<T>);

impl<T> Arena<T> {
    pub(super) fn keep(&self, thing: T) -> Kept<T> {
        let kept = NonNull::from(Box::leak(Box::new(thing)));
        self.0.borrow_mut().push(kept);
        Kept(kept)
    }

    /// Returns the first thing for which this holds.
    pub(super) fn find(&self, mut is: impl FnMut(&T) -> bool) -> Option<Kept<T>> {
        self.0.borrow().iter().map(|&kept| Kept(kept)).find(|kept| is(kept))
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Drop for Arena<T> {
    fn drop(&mut self) {
        for kept in self.0.get_mut().drain(..) {
            // SAFETY: `keep` made it of a box. The state is closed, so that no `Kept` is used any more.
            drop(unsafe { Box::from_raw(kept.as_ptr()) });
        }
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T> Deref for Kept<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the arena keeps it as long as the state is open.
        unsafe { self.0.as_ref() }
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
