//! Libraries and their functions: natives that open, close and look up.

use hotcall::declare::Declarations;
use hotcall::{Binding, Function, FunctionOptions, Library, OpenFlags, Resolved, Signature, Unmapping, Visibility};
use napi_sys::napi_type_tag;

use crate::api::env::Value;
use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::callee::Callee;
use crate::declarations::{function as declared_function, malformed};
use crate::environment::Environment;
use crate::function::CFunction;
use crate::handle::{Handle, tag};
use crate::options::Options;

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
        if environment.env.kind(value)? == ValueKind::Undefined {
            return Ok(false);
        }
        let flag = environment.env.as_boolean(value);
        flag.ok_or_else(|| Thrown::TypeError(format!("open: {key} is not a boolean")))
    };
    let binding = if flag("now")? { Binding::Now } else { Binding::Lazy };
    let visibility = if flag("global")? { Visibility::Global } else { Visibility::Local };
    // The collector, or the end of a Worker, does not unmap code that threads of the library may run.
    let flags = OpenFlags::new().binding(binding).visibility(visibility).unmapping(Unmapping::AfterClose);
    let opened = if environment.env.kind(args.get(0))? == ValueKind::Null {
        Library::this_process()
    } else {
        // SAFETY: script's author promises that the library's initialisers and finalisers may run.
        unsafe { Library::open_with(args.string(0)?, flags) }
    };
    environment.env.own(opened.map_err(Thrown::error)?)
}

/// `resolvedPath(library)`: the path, the name that the loader searches for, or null for this process.
pub(crate) fn resolved_path(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    match library(args)?.resolved() {
        Resolved::Path(path) => env.string(&path.given().to_string_lossy()),
        Resolved::Searched(name) => env.string(&name.to_string_lossy()),
        Resolved::Process => env.null(),
        other => env.string(&other.to_string()),
    }
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
    environment.pointer(address.unwrap_or_default().cast_mut())
}

/// `variadic(library | null, declarations, key, types, pointer | undefined, options | undefined)`
pub(crate) fn variadic(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let key = args.string(2)?;
    let declarations: &Declarations = env.owned(args.get(1))?;
    let declaration = declarations.get(&key).map_err(malformed)?;
    let function = declared_function(declarations, &key)?;
    let types = format!("{{\"types\":{{\"parameters\":{},\"result\":\"void\"}}}}", args.string(3)?);
    let types = Declarations::from_json(&types).map_err(malformed)?;
    let types = declared_function(&types, "types")?.signature.params().to_vec();
    let options = Options::of(args, 5)?;
    let errno = options.captures_errno(&key, function);
    let signature = function.signature.with_variadic(types).map_err(Thrown::type_error)?;
    let signature = options.signature(&signature)?;
    let called = if args.is_given(0) {
        library(args)?.function(declaration.symbol_name(), &signature).map_err(Thrown::error)?
    } else {
        at_pointer(args, 4, &key, &signature, errno)?
    };
    let callee = Callee::new(&Environment::of(env)?, called, errno, options.calls_back(&key));
    CFunction::new(callee).into_value(&key)
}

/// `pointerFunction(pointer, declarations, key, { callbacks, errno, bytes } | undefined)`
pub(crate) fn pointer_function(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let (key, options) = (args.string(2)?, Options::of(args, 3)?);
    let function = declared_function(env.owned(args.get(1))?, &key)?;
    let signature = options.signature(&function.signature)?;
    let errno = options.captures_errno(&key, function);
    let called = at_pointer(args, 0, &key, &signature, errno)?;
    let callee = Callee::new(&Environment::of(env)?, called, errno, options.calls_back(&key));
    CFunction::new(callee).into_value(&key)
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
