//! Libraries: tables that look up what was declared when it is used first.
//!
//! Functions and constants become the table's own entries. Variables are read and written each time.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_int};
use std::rc::Rc;

use hotcall::declare::{Constant, Declarations, Item};
use hotcall::{Library, Static, Symbol};
use mlua_sys::lua54::*;

use super::function::{Native, call};
use super::kept::Kept;
use super::memory::{read, write};
use super::owner::{hide, push_owner};
use super::state::{Ffi, ffi};
use super::text::{fail, text};
use super::types::{Scope, Shape};
use super::values::Shown;

/// An open library, in userdata that the table's metatable has.
pub(super) struct Opened {
    library: Library,
    is_closed: Rc<Cell<bool>>,
    pub(super) scope: Kept<Scope>,
    /// Variables that were used. They keep the library mapped, for views of them.
    variables: RefCell<HashMap<Box<str>, Variable>>,
}

struct Variable {
    variable: Static,
    shape: Kept<Shape>,
    is_const: bool,
}

/// The thing behind a name. It owns nothing, because errors jump.
enum Found {
    /// The function is where the caller said.
    Function,
    Variable {
        shape: Kept<Shape>,
        address: *mut u8,
        is_const: bool,
    },
    Integer(lua_Integer),
    Number(lua_Number),
    /// The bytes belong to the declarations.
    Text(*const [u8]),
    /// The library may lack it, and does.
    Missing,
}

const NAME: &CStr = c"hotcall.library";

/// The key of the userdata in a library's metatable.
static OPENED: u8 = 0;

impl Opened {
    /// Opens a library, or the process itself.
    ///
    /// # Safety
    ///
    /// The library's initialisers can run on this thread.
    unsafe fn new(ffi: &Ffi, name: Option<&str>, declarations: &str) -> Result<Self, String> {
        let declarations = Declarations::from_c(declarations).map_err(|error| error.to_string())?;
        if let Some(skipped) = declarations.skipped().first() {
            return Err(skipped.to_string());
        }
        let library = match name {
            // SAFETY: the caller answers for the initialisers.
            Some(name) => unsafe { Library::open(name) },
            None => Library::this_process(),
        };
        let library = library.map_err(|error| error.to_string())?;
        Ok(Self {
            library,
            is_closed: Rc::default(),
            scope: ffi.scopes.keep(Scope::new(declarations)),
            variables: RefCell::default(),
        })
    }

    fn find(&self, name: &str, function: &mut Option<Native>) -> Result<Found, String> {
        let declarations = &self.scope.declarations;
        match declarations.constant(name) {
            Some(Constant::Int(number)) => {
                // Those above Lua's integers have the same bits.
                let integer = i64::try_from(*number).or_else(|_| u64::try_from(*number).map(|number| number as i64));
                return integer.map(Found::Integer).map_err(|_| format!("{name} has more than 64 bits"));
            }
            Some(Constant::Float(number)) => return Ok(Found::Number(*number)),
            Some(Constant::Text(bytes)) => return Ok(Found::Text(&raw const **bytes)),
            _ => {}
        }
        if self.library.is_closed() {
            // Says so.
            self.library.optional_symbol(name).map_err(|error| error.to_string())?;
        }
        if let Some(variable) = self.variables.borrow().get(name) {
            return Ok(variable.found());
        }
        let declaration = declarations.get(name).map_err(|error| error.to_string())?;
        match self.library.declared(declaration).map_err(|error| error.to_string())? {
            None => Ok(Found::Missing),
            Some(Symbol::Function(symbol)) => {
                *function = Some(Native::new(symbol, Rc::clone(&self.is_closed), self.scope)?);
                Ok(Found::Function)
            }
            Some(Symbol::Static(variable)) => {
                let shape = self.scope.shape(variable.ty())?;
                let is_const = matches!(&declaration.item, Item::Static(declared) if declared.is_const);
                let variable = Variable { variable, shape, is_const };
                let found = variable.found();
                self.variables.borrow_mut().insert(name.into(), variable);
                Ok(found)
            }
            Some(_) => Err(format!("{name} is neither a function nor a variable")),
        }
    }
}

impl Variable {
    fn found(&self) -> Found {
        Found::Variable { shape: self.shape, address: self.variable.address().cast(), is_const: self.is_const }
    }
}

/// Opens a library: `ffi.open(name, declarations)`. Both may be missing.
pub(super) unsafe extern "C-unwind" fn open(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. The script answers for what a library does when it is loaded.
    unsafe {
        lua_settop(state, 2);
        let name = (lua_type(state, 1) != LUA_TNIL).then(|| text(state, 1, "a library's name"));
        let declarations = if lua_type(state, 2) == LUA_TNIL { "" } else { text(state, 2, "a declaration") };
        lua_newtable(state);
        lua_createtable(state, 0, 6);
        let opened = push_owner::<Opened>(state, NAME);
        match Opened::new(ffi(state), name, declarations) {
            Ok(library) => *opened = Some(library),
            Err(error) => fail(state, error),
        }
        for (name, method) in [(c"__index", index as lua_CFunction), (c"__newindex", set_index), (c"__close", close)] {
            lua_pushvalue(state, -1);
            lua_pushcclosure(state, method, 1);
            lua_setfield(state, -3, name.as_ptr());
        }
        lua_rawsetp(state, -2, (&raw const OPENED).cast());
        hide(state);
        lua_setmetatable(state, -2);
    }
    1
}

/// Returns the library at an index, if it is one.
///
/// # Safety
///
/// The contract of [`state`](super::state). It is used only as long as the value is reachable.
pub(super) unsafe fn at<'s>(state: *mut lua_State, index: c_int) -> Option<&'s Opened> {
    // SAFETY: no script knows the key's address, so that under it there is such userdata alone.
    unsafe {
        if lua_type(state, index) != LUA_TTABLE || lua_getmetatable(state, index) == 0 {
            return None;
        }
        lua_rawgetp(state, -1, (&raw const OPENED).cast());
        let opened = lua_touserdata(state, -1).cast::<Option<Opened>>();
        lua_pop(state, 2);
        if opened.is_null() { None } else { (*opened).as_ref() }
    }
}

/// Returns the library of a function of the metatable.
///
/// # Safety
///
/// The contract of [`state`](super::state), for natives with the userdata as upvalue.
unsafe fn this<'s>(state: *mut lua_State) -> &'s Opened {
    // SAFETY: `open` has filled the upvalue before it made the function.
    unsafe {
        match &*lua_touserdata(state, lua_upvalueindex(1)).cast::<Option<Opened>>() {
            Some(opened) => opened,
            None => fail(state, "the library was not opened"),
        }
    }
}

/// Looks up a name that the table does not have yet.
unsafe extern "C-unwind" fn index(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. A variable's memory has its type, as the script declares.
    unsafe {
        let opened = this(state);
        let name = text(state, 2, "a symbol's name");
        let function = push_owner::<Native>(state, c"hotcall.function");
        match opened.find(name, function) {
            Ok(Found::Function) => lua_pushcclosure(state, call, 1),
            Ok(Found::Variable { shape, address, .. }) => {
                read(state, shape, address, lua_upvalueindex(1));
                return 1;
            }
            Ok(Found::Integer(number)) => lua_pushinteger(state, number),
            Ok(Found::Number(number)) => lua_pushnumber(state, number),
            Ok(Found::Text(bytes)) => drop(lua_pushlstring(state, bytes.cast(), bytes.len())),
            Ok(Found::Missing) => {
                lua_pushnil(state);
                return 1;
            }
            Err(error) => fail(state, error),
        }
        lua_pushvalue(state, 2);
        lua_pushvalue(state, -2);
        lua_rawset(state, 1);
    }
    1
}

/// Writes to a variable.
unsafe extern "C-unwind" fn set_index(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`. A variable's memory has its type, as the script declares.
    unsafe {
        let opened = this(state);
        let name = text(state, 2, "a symbol's name");
        let function = push_owner::<Native>(state, c"hotcall.function");
        match opened.find(name, function) {
            Ok(Found::Variable { is_const: true, .. }) => fail(state, format_args!("{name} is const")),
            Ok(Found::Variable { shape, address, .. }) => {
                if let Err(problem) = write(state, shape, address, 3) {
                    fail(state, format_args!("cannot set {name} ({}): {problem}", Shown(&shape.ty)));
                }
            }
            Ok(_) => fail(state, format_args!("{name} is not a variable")),
            Err(error) => fail(state, error),
        }
    }
    0
}

/// Closes the library: calls and look-ups fail from now on.
pub(super) unsafe extern "C-unwind" fn close(state: *mut lua_State) -> c_int {
    // SAFETY: this is a native, whose contract is in `mod.rs`.
    unsafe {
        if let Some(opened) = at(state, 1) {
            opened.is_closed.set(true);
            opened.library.close();
        }
    }
    0
}
