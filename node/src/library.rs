//! Libraries and their functions: natives that open, close and look up.

use std::rc::Rc;

use hotcall::declare::{Declaration, Declarations};
use hotcall::{Binding, Function, FunctionOptions, Library, OpenFlags, Signature, Symbol, Visibility};
use napi_sys::napi_type_tag;

use crate::api::{Value, ValueKind};
use crate::binding::Arguments;
use crate::declarations::{function as declared_function, malformed};
use crate::environment::Environment;
use crate::function::{CFunction, Marks};
use crate::handle::{Handle, tag};
use crate::pointer;
use crate::thrown::Thrown;

impl Handle for Library {
    const NAME: &'static str = "a library";
    const TAG: napi_type_tag = tag(2);
}

fn library<'a>(args: &Arguments<'_>) -> Result<&'a Library, Thrown> {
    args.env().owned(args.get(0))
}

/// `open(path | null, { now, global } | undefined)`
pub(crate) fn open(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let flag = |key| {
        let value = args.option(1, key)?;
        match environment.env.kind(value)? {
            ValueKind::Undefined => Ok(false),
            _ => environment
                .env
                .as_boolean(value)
                .ok_or_else(|| Thrown::TypeError(format!("open: {key} is not a boolean"))),
        }
    };
    let binding = if flag("now")? { Binding::Now } else { Binding::Lazy };
    let visibility = if flag("global")? { Visibility::Global } else { Visibility::Local };
    let flags = OpenFlags::new().binding(binding).visibility(visibility);
    let opened = match environment.env.kind(args.get(0))? {
        ValueKind::Null => Library::this_process(),
        // SAFETY: script's author promises that the library's initialisers and finalisers may run.
        _ => unsafe { Library::open_with(args.string(0)?, flags) },
    };
    environment.env.own(opened.map_err(Thrown::error)?)
}

/// `resolvedPath(library)`
pub(crate) fn resolved_path(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    environment.env.string(&library(args)?.resolved().to_string())
}

/// `close(library)`
pub(crate) fn close(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    library(args)?.close();
    environment.env.undefined()
}

/// `isClosed(library)`
pub(crate) fn is_closed(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    environment.env.boolean(library(args)?.is_closed())
}

/// `symbol(library, name)`
pub(crate) fn symbol(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let address = library(args)?.optional_symbol(&args.string(1)?).map_err(Thrown::error)?;
    pointer::make(environment.env, address.unwrap_or_default().cast_mut())
}

/// `functions(library, declarations, { callbacks, optional } | undefined)`
pub(crate) fn functions(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let (library, marks) = (library(args)?, Marks::of(args, 2)?);
    let declarations: &Declarations = env.owned(args.get(1))?;
    let is_optional = env.as_boolean(args.option(2, "optional")?).unwrap_or(false);
    let all = if is_optional { Some(declarations.clone().all_optional()) } else { None };
    let declarations = all.as_ref().unwrap_or(declarations);
    let symbols = library.symbols(declarations).map_err(Thrown::error)?;
    let functions = env.object()?;
    let environment = Environment::of(env)?;
    for declaration in declarations.iter().filter(|declaration| declaration.as_function().is_some()) {
        let key = &*declaration.key;
        let value = match symbols.get(key) {
            Ok(Some(Symbol::Function(function))) => {
                let marked = marks.calls_back(key);
                CFunction::new(&environment, function.clone(), captures_errno(declaration), marked).into_value(key)?
            }
            Ok(Some(Symbol::Static(_)) | None) => env.null()?,
            Ok(Some(_)) | Err(_) => env.null()?,
        };
        env.set(functions, key, value)?;
    }
    Ok(functions)
}

fn captures_errno(declaration: &Declaration) -> bool {
    declaration.as_function().is_some_and(|function| function.capture_errno)
}

/// `variadic(library | null, declarations, key, types, pointer | undefined)`
pub(crate) fn variadic(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let key = args.string(2)?;
    let declarations: &Declarations = env.owned(args.get(1))?;
    let declaration = declarations.get(&key).map_err(malformed)?;
    let function = declared_function(declarations, &key)?;
    let types = format!("{{\"types\":{{\"parameters\":{},\"result\":\"void\"}}}}", args.string(3)?);
    let types = Declarations::from_json(&types).map_err(malformed)?;
    let types = declared_function(&types, "types")?.signature.params().to_vec();
    let signature = function.signature.with_variadic(types).map_err(Thrown::type_error)?;
    let called = if args.is_given(0) {
        library(args)?.function(declaration.symbol_name(), &signature).map_err(Thrown::error)?
    } else {
        at_pointer(args, 4, &key, &signature, function.capture_errno)?
    };
    CFunction::new(&Environment::of(env)?, called, function.capture_errno, false).into_value(&key)
}

/// `pointerFunction(pointer, declarations, key, { callbacks } | undefined)`
pub(crate) fn pointer_function(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let (key, marks) = (args.string(2)?, Marks::of(args, 3)?);
    let function = declared_function(env.owned(args.get(1))?, &key)?;
    let called = at_pointer(args, 0, &key, &function.signature, function.capture_errno)?;
    let environment: Rc<Environment> = Environment::of(env)?;
    CFunction::new(&environment, called, function.capture_errno, marks.calls_back(&key)).into_value(&key)
}

/// Returns the function at the address in an argument.
fn at_pointer(
    args: &Arguments<'_>,
    index: usize,
    key: &str,
    signature: &Signature,
    captures_errno: bool,
) -> Result<Function, Thrown> {
    let options = FunctionOptions::new().capture_errno(captures_errno).lazy(true);
    // SAFETY: script's author promises that such a function is there as long as it is called.
    unsafe { Function::from_address(key, args.pointer(index)?, signature, options) }.map_err(Thrown::error)
}
