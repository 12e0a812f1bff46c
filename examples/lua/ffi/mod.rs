//! An FFI for Lua 5.4 on hotcall: the module `ffi`, whose functions are in `module.rs`.
//!
//! # Errors jump
//!
//! Lua's functions raise errors by `longjmp`, over the Rust functions that called them. So a function here that calls one
//! of Lua's functions owns nothing at that time: no `String`, no `Arc`, no borrow of a `RefCell`. Rust values live in
//! Lua's memory ([`owner`]) or in the state's ([`state::Ffi`]). Where both kinds of work meet, the memory is made first and
//! filled by a function that does not call Lua.
//!
//! # Safety of natives
//!
//! Each function of type `lua_CFunction` is called by Lua alone, with a thread of a state in which the module is
//! installed, and with room for `LUA_MINSTACK` values on its stack. [`state`] has the contract of the other functions with
//! a parameter `state`.

mod callback;
mod function;
mod kept;
mod library;
mod memory;
mod module;
mod objects;
mod owner;
mod problem;
pub(crate) mod state;
mod text;
mod types;
mod values;
