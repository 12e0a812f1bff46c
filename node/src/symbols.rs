//! The functions of a library: natives that make them, all at once or one by one.

use std::rc::Rc;

use hotcall::declare::Declarations;
use hotcall::{Library, Symbol, Symbols};
use napi_sys::napi_type_tag;

use crate::api::env::Value;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::callee::Callee;
use crate::environment::Environment;
use crate::function::CFunction;
use crate::handle::{Handle, tag};
use crate::options::Options;

/// The symbols of declarations that were found in a library.
struct Found {
    declarations: Declarations,
    symbols: Symbols,
    options: Options,
}

impl Handle for Found {
    const NAME: &'static str = "symbols";
    const TAG: napi_type_tag = tag(5);
}

impl Found {
    /// Looks the symbols of declarations up, with the arguments of `functions`.
    fn of(args: &Arguments<'_>) -> Result<Self, Thrown> {
        let (library, options): (&Library, _) = (args.env().owned(args.get(0))?, Options::of(args, 2)?);
        let declarations = options.declarations(args.env().owned(args.get(1))?)?;
        let symbols = library.symbols(&declarations).map_err(Thrown::error)?;
        Ok(Self { declarations, symbols, options })
    }

    /// The keys of the functions.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let functions = self.declarations.iter().filter(|declaration| declaration.as_function().is_some());
        functions.map(|declaration| &*declaration.key)
    }

    /// Returns true if the library has the function.
    fn has(&self, key: &str) -> bool {
        matches!(self.symbols.get(key), Ok(Some(Symbol::Function(_))))
    }

    /// Makes a function of script; null if the library does not have it.
    fn function(&self, environment: &Rc<Environment>, key: &str) -> Result<Value, Thrown> {
        let declaration = self.declarations.get(key).ok().and_then(|declaration| declaration.as_function());
        let (Ok(Some(Symbol::Function(function))), Some(declaration)) = (self.symbols.get(key), declaration) else {
            return environment.env.null();
        };
        let calls_back = self.options.calls_back(key);
        let callee = Callee::new(environment, function.clone(), declaration.capture_errno, calls_back);
        CFunction::new(callee).into_value(key)
    }
}

/// `functions(library, declarations, { callbacks, errno, optional, bytes } | undefined)`
pub(crate) fn functions(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let (found, functions) = (Found::of(args)?, env.object()?);
    let environment = Environment::of(env)?;
    for key in found.keys() {
        env.set(functions, key, found.function(&environment, key)?)?;
    }
    Ok(functions)
}

/// `symbols(library, declarations, options | undefined)`: for functions that are made when script wants them.
pub(crate) fn symbols(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    environment.env.own(Found::of(args)?)
}

/// `missing(symbols)`: the keys of the functions that the library does not have.
pub(crate) fn missing(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let found: &Found = env.owned(args.get(0))?;
    let missing = found.keys().filter(|key| !found.has(key)).map(|key| env.string(key));
    env.array(&missing.collect::<Result<Vec<_>, _>>()?)
}

/// `functionOf(symbols, key)`
pub(crate) fn function_of(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let found: &Found = environment.env.owned(args.get(0))?;
    found.function(&Environment::of(environment.env)?, &args.string(1)?)
}
