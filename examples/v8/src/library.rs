//! Libraries: the native functions of `openLibrary`.

use std::rc::Rc;

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Library, Scalar, Static, Symbol as Found};

use crate::arguments::Arguments;
use crate::engine::{SITE, Thrown, value};
use crate::fast::Fast;
use crate::isolate::Isolate;
use crate::symbol::Symbol;
use crate::value::Value;

/// The exception for a fault in a declaration. It has the place in the declaration, but not in its JSON form.
pub(crate) fn malformed(error: DeclarationError) -> Thrown {
    if let DeclarationError::Json { path, problem, .. } = error {
        return Thrown::type_error(format!("{path}: {problem}"));
    }
    Thrown::type_error(error)
}

/// Opens a library: `(path, declaration, …marks)`. A mark is the key of a function and a text. The text is empty if the
/// function calls script back. Otherwise it is the name of the function that fast calls call directly. Returns `{
/// library, symbols }`. Each symbol is null, or has a `value` and a `number`, which is null for variables. A function
/// has `isWrapped`, which says that a wrapper throws for it; `whySlow` if it does not have a fast call; and the `size`
/// of the struct that it returns, or null.
pub(crate) fn open(isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
    let text = |index| isolate.to_string(arguments.get(index));
    let (path, declarations) = (text(0)?, text(1)?);
    let declarations = Declarations::from_json(&declarations).map_err(malformed)?;
    for declaration in &declarations {
        check(declaration)?;
    }
    let mark = |index| Ok((text(index)?, text(index + 1)?));
    let marks = (2..arguments.len()).step_by(2).map(mark).collect::<Result<Vec<_>, Thrown>>()?;
    // SAFETY: the user who runs the script promises that its libraries may be loaded.
    let library = unsafe { Library::open(path) }.map_err(Thrown::error)?;
    // The library is kept even if symbols are missing, because its code may have started something.
    isolate.libraries.borrow_mut().push(library.clone());
    let number = isolate.libraries.borrow().len() - 1;
    let found = library.symbols(&declarations).map_err(Thrown::error)?;
    let symbols = isolate.object();
    for declaration in &declarations {
        let key = &*declaration.key;
        let found = found.get(key).map_err(Thrown::error)?;
        let symbol = if let Some(variable) = found.and_then(Found::as_static) {
            let symbol = isolate.object();
            isolate.set(symbol, "value", read(isolate, variable)?);
            isolate.set(symbol, "number", isolate.null());
            symbol
        } else if let Some(function) = found.and_then(Found::as_function) {
            let mark = marks.iter().find(|(other, _)| other == key).map(|(_, mark)| &**mark);
            let fast = Fast::new(isolate, &library, function, mark)?;
            describe(isolate, key, Symbol::new(function.clone(), fast))
        } else {
            isolate.null()
        };
        isolate.set(symbols, key, symbol);
    }
    let opened = isolate.object();
    isolate.set(opened, "library", isolate.number(number as f64));
    isolate.set(opened, "symbols", symbols);
    Ok(Some(opened))
}

/// Closes a library, by its number. Its functions then throw.
pub(crate) fn close(isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
    let library = isolate.index(arguments.get(0)).and_then(|index| isolate.libraries.borrow().get(index).cloned());
    if let Some(library) = library {
        library.close();
    }
    Ok(None)
}

/// The number of calls of a function by the ordinary callback. The function is given by its number.
pub(crate) fn ordinary_calls(isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
    let index = isolate.index(arguments.get(0));
    let calls = index.and_then(|index| isolate.ordinary_calls.borrow().get(index).map(|calls| calls.get()));
    Ok(calls.map(|calls| isolate.number(calls.into())))
}

/// Refuses features that other runtimes have and this one lacks.
fn check(declaration: &hotcall::declare::Declaration) -> Result<(), Thrown> {
    let Some(function) = declaration.as_function() else { return Ok(()) };
    let refuse = |what| Err(Thrown::type_error(format!("{}: {what}", declaration.key)));
    match (function.nonblocking, function.capture_errno) {
        (true, _) => refuse("nonblocking calls need an event loop, which this example has not"),
        (_, true) => refuse("this example has nowhere to put errno"),
        _ => Ok(()),
    }
}

/// The present value of a variable; for a pointer its address, as in Deno.
fn read(isolate: &Isolate, variable: &Static) -> Result<Value, Thrown> {
    let slot = match variable.ty().as_scalar() {
        None => return Err(Thrown::type_error(format!("{}: a static is not a struct", variable.name()))),
        Some(Scalar::Pointer(_)) => variable.address().into(),
        // SAFETY: script's author promises that the declaration is true.
        Some(_) => unsafe { variable.read_slot() }.map_err(Thrown::error)?,
    };
    // SAFETY: the slot is that of a scalar.
    unsafe { isolate.realm.to_value(SITE, variable.ty(), slot) }.map(value)
}

/// A function, with the facts that the prelude needs.
fn describe(isolate: &Isolate, key: &str, symbol: Symbol) -> Value {
    let symbol = Rc::new(symbol);
    let called = Rc::clone(&symbol);
    let fast = symbol.fast_call();
    let (arity, is_wrapped) = (symbol.arity(), symbol.is_wrapped());
    let run = move |isolate: &Isolate, arguments: &Arguments| called.call(isolate, arguments);
    let function = isolate.function_with(key, arity, fast.as_ref(), is_wrapped, run);
    let description = isolate.object();
    isolate.set(description, "value", function);
    isolate.set(description, "isWrapped", isolate.boolean(is_wrapped));
    let size = symbol.result_size().map_or_else(|| isolate.null(), |size| isolate.number(size as f64));
    isolate.set(description, "size", size);
    let why_slow = symbol.why_slow().and_then(|reason| isolate.text(reason));
    isolate.set(description, "whySlow", why_slow.unwrap_or_else(|| isolate.null()));
    let mut counts = isolate.ordinary_calls.borrow_mut();
    isolate.set(description, "number", isolate.number(counts.len() as f64));
    counts.push(symbol.ordinary_calls());
    description
}
