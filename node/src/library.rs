//! Libraries and their functions: natives that open, close and look up.

use std::rc::Rc;

use hotcall::declare::{Declaration, Declarations, Item};
use hotcall::{
    Binding, Function, FunctionOptions, Library, OpenFlags, Pointee, Scalar, Signature, Symbol, Type, Visibility,
};
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

/// Options for functions.
struct Options {
    marks: Marks,
    /// True if symbols may be missing.
    is_optional: bool,
    /// True if data pointers also take bytes. In C's text the type of a pointer does not say whether it leads to memory of
    /// script.
    takes_bytes: bool,
}

impl Options {
    fn of(args: &Arguments<'_>, index: usize) -> Result<Self, Thrown> {
        let flag = |key| args.option(index, key).map(|value| args.env().as_boolean(value).unwrap_or(false));
        Ok(Self { marks: Marks::of(args, index)?, is_optional: flag("optional")?, takes_bytes: flag("bytes")? })
    }

    /// Returns the signature that script calls.
    fn signature(&self, signature: &Signature) -> Result<Signature, Thrown> {
        if !self.takes_bytes {
            return Ok(signature.clone());
        }
        let params = signature.params().iter().map(with_bytes);
        let opened = match signature.first_variadic() {
            None => Signature::new(params, signature.result().cloned()),
            Some(first) => Signature::variadic(params, first, signature.result().cloned()),
        };
        opened.map_err(Thrown::type_error)
    }

    /// Returns the declarations that script calls.
    fn declarations(&self, declarations: &Declarations) -> Result<Declarations, Thrown> {
        let mut changed = Declarations::new();
        for declaration in declarations {
            let mut declaration = declaration.clone();
            declaration.optional |= self.is_optional;
            if let Item::Function(function) = &mut declaration.item {
                function.signature = self.signature(&function.signature)?;
            }
            changed.insert(declaration).map_err(malformed)?;
        }
        Ok(changed)
    }
}

/// Returns a data pointer as one that also takes bytes. Other types do not change.
fn with_bytes(ty: &Type) -> Type {
    let Some(Scalar::Pointer(Pointee::Opaque | Pointee::Buffer)) = ty.as_scalar() else { return ty.clone() };
    let details = ty.pointer().and_then(|pointer| Type::TEXT.with_pointer(pointer.clone()).ok());
    details.unwrap_or(Type::TEXT)
}

/// `functions(library, declarations, { callbacks, optional, bytes } | undefined)`
pub(crate) fn functions(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let (library, options) = (library(args)?, Options::of(args, 2)?);
    let declarations = options.declarations(env.owned(args.get(1))?)?;
    let symbols = library.symbols(&declarations).map_err(Thrown::error)?;
    let functions = env.object()?;
    let environment = Environment::of(env)?;
    for declaration in declarations.iter().filter(|declaration| declaration.as_function().is_some()) {
        let key = &*declaration.key;
        let value = match symbols.get(key) {
            Ok(Some(Symbol::Function(function))) => {
                let marked = options.marks.calls_back(key);
                CFunction::new(&environment, function.clone(), captures_errno(declaration), marked).into_value(key)?
            }
            Ok(Some(_) | None) | Err(_) => env.null()?,
        };
        env.set(functions, key, value)?;
    }
    Ok(functions)
}

fn captures_errno(declaration: &Declaration) -> bool {
    declaration.as_function().is_some_and(|function| function.capture_errno)
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
    let signature = function.signature.with_variadic(types).map_err(Thrown::type_error)?;
    let signature = options.signature(&signature)?;
    let called = if args.is_given(0) {
        library(args)?.function(declaration.symbol_name(), &signature).map_err(Thrown::error)?
    } else {
        at_pointer(args, 4, &key, &signature, function.capture_errno)?
    };
    let marked = options.marks.calls_back(&key);
    CFunction::new(&Environment::of(env)?, called, function.capture_errno, marked).into_value(&key)
}

/// `pointerFunction(pointer, declarations, key, { callbacks, bytes } | undefined)`
pub(crate) fn pointer_function(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let (key, options) = (args.string(2)?, Options::of(args, 3)?);
    let function = declared_function(env.owned(args.get(1))?, &key)?;
    let signature = options.signature(&function.signature)?;
    let called = at_pointer(args, 0, &key, &signature, function.capture_errno)?;
    let environment: Rc<Environment> = Environment::of(env)?;
    CFunction::new(&environment, called, function.capture_errno, options.marks.calls_back(&key)).into_value(&key)
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
