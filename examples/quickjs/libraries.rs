//! Libraries that script opens: the functions of `DynamicLibrary`.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use hotcall::declare::{Declaration, Item};
use hotcall::{Library, OpenFlags, Symbol};
use rquickjs::qjs as js;
use rquickjs::{Array, Ctx, Error, Function, Object, Result, Value};

use crate::atoms::Names;
use crate::declarations;
use crate::nonblocking::NonblockingCalls;
use crate::permissions::Permission;
use crate::script::{error, realm, type_error};
use crate::symbols;
use crate::table::Table;

/// The libraries that script has opened and not closed.
pub(crate) struct Libraries {
    permission: Permission,
    nonblocking: Rc<NonblockingCalls>,
    open: RefCell<Table<Library>>,
}

impl Libraries {
    pub(crate) fn new(permission: Permission, nonblocking: Rc<NonblockingCalls>) -> Rc<Self> {
        Rc::new(Self { permission, nonblocking, open: RefCell::default() })
    }

    /// Adds the functions for libraries.
    pub(crate) fn install<'js>(self: &Rc<Self>, own: &Ctx<'js>, functions: &Object<'js>) -> Result<()> {
        let libraries = Rc::clone(self);
        let allows = move |path: String| libraries.allows(&path);
        functions.set("allows", Function::new(own.clone(), allows)?)?;
        let libraries = Rc::clone(self);
        let open = move |ctx: Ctx<'js>, path: String, declared: Object<'js>, describe: Function<'js>| {
            libraries.open(&ctx, &path, &declared, &describe)
        };
        functions.set("open", Function::new(own.clone(), open)?)?;
        let libraries = Rc::clone(self);
        functions.set("close", Function::new(own.clone(), move |number| libraries.close(number))?)
    }

    /// Returns true if the library that is found by this path may be opened.
    fn allows(&self, path: &str) -> bool {
        self.permission.resolve(path).is_some()
    }

    /// Opens a library: `[number, symbols]`. Returns nothing if that is not allowed (any more). `describe` makes JSON of
    /// a declaration that does not have the usual form.
    fn open<'js>(
        &self,
        ctx: &Ctx<'js>,
        path: &str,
        declared: &Object<'js>,
        describe: &Function<'js>,
    ) -> Result<Option<Array<'js>>> {
        let context = ctx.as_raw().as_ptr();
        // SAFETY: the context lives while one of its functions runs.
        let names = unsafe { Names::of(context, declared.as_raw()) }.ok_or(Error::Exception)?;
        let declarations = declarations::read(ctx, &names, declared, describe)?;
        let Some(resolved) = self.permission.resolve(path) else { return Ok(None) };
        let resolved = resolved.map_err(|refused| error(ctx, refused))?;
        // SAFETY: the user who gave the permission promises that the library may be loaded.
        let library = unsafe { Library::open_resolved(&resolved, OpenFlags::default()) }
            .map_err(|refused| error(ctx, refused))?;
        let found = library.symbols(&declarations).map_err(|refused| error(ctx, refused))?;
        let symbols = Object::new(ctx.clone())?;
        symbols.set_prototype(None)?;
        if found.len() < declarations.len() {
            // A function that cannot be called is among them.
            for declaration in &declarations {
                found.get(&declaration.key).map_err(|refused| error(ctx, refused))?;
            }
        }
        let called = declarations.iter().zip(found.in_order()).filter_map(|(declaration, (_, symbol))| {
            symbol.and_then(Symbol::as_function).filter(|_| !is_nonblocking(declaration))
        });
        // SAFETY: the user who gave the permission promises that declarations are true.
        let records = unsafe { realm(ctx).records(called) }.map_err(|refused| type_error(ctx, refused))?;
        let mut records = records.into_iter();
        for ((declaration, (_, symbol)), key) in declarations.iter().zip(found.in_order()).zip(names.atoms()) {
            let nonblocking = is_nonblocking(declaration);
            let value = if let Some(function) = symbol.and_then(Symbol::as_function) {
                match if nonblocking { None } else { records.next() } {
                    Some(record) => symbols::function(ctx, record)?,
                    None => self.nonblocking.function(ctx, function.clone())?,
                }
            } else if let Some(variable) = symbol.and_then(Symbol::as_static) {
                symbols::variable(ctx, variable)?
            } else {
                Value::new_null(ctx.clone())
            };
            // Like in Deno, where script can replace the other functions.
            let is_fixed = nonblocking || matches!(declaration.item, Item::Static(_));
            // SAFETY: the object and the value are those of the context. The engine takes a reference of its own.
            let set = unsafe {
                let (symbols, value) = (symbols.as_raw(), js::JS_DupValue(context, value.as_raw()));
                match is_fixed {
                    true => js::JS_DefinePropertyValue(context, symbols, key, value, js::JS_PROP_ENUMERABLE as i32),
                    // Faster, and equal for an object without a prototype.
                    false => js::JS_SetProperty(context, symbols, key, value),
                }
            };
            if set < 0 {
                return Err(Error::Exception);
            }
        }
        let answer = Array::new(ctx.clone())?;
        answer.set(0, self.open.borrow_mut().insert(library))?;
        answer.set(1, symbols)?;
        Ok(Some(answer))
    }

    fn close(&self, number: u32) {
        let library = self.open.borrow_mut().remove(number);
        if let Some(library) = library {
            library.close();
        }
    }

    /// Keeps the libraries that are open. They are not unmapped at the end, because their own threads may still run.
    pub(crate) fn shut_down(&self) {
        static KEPT: Mutex<Vec<Library>> = Mutex::new(Vec::new());
        let libraries = mem::take(&mut *self.open.borrow_mut()).into_things();
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).extend(libraries);
    }
}

fn is_nonblocking(declaration: &Declaration) -> bool {
    declaration.as_function().is_some_and(|function| function.nonblocking)
}
