//! Declarations of C: the natives `declarations` and `describe`.

use hotcall::declare::{DeclarationError, Declarations, FunctionDeclaration};
use napi_sys::napi_type_tag;

use crate::api::env::Value;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::describe;
use crate::environment::Environment;
use crate::handle::{Handle, tag};

impl Handle for Declarations {
    const NAME: &'static str = "declarations";
    const TAG: napi_type_tag = tag(1);
}

/// Returns the exception for a fault in a declaration. In Deno's form it has the place in the declaration, but not in its
/// JSON, which script has not written.
pub(crate) fn malformed(error: DeclarationError) -> Thrown {
    if let DeclarationError::Json { path, problem, .. } = error {
        return Thrown::type_error(format!("{path}: {problem}"));
    }
    Thrown::type_error(error)
}

/// `declarations(text, form)`
pub(crate) fn declarations(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (text, form) = (args.string(0)?, args.string(1)?);
    let declarations = match &*form {
        "c" => Declarations::from_c(&text),
        "json" => Declarations::from_json(&text),
        _ => return Err(args.wrong(1, "\"c\" or \"json\"")),
    };
    environment.env.own(declarations.map_err(malformed)?)
}

/// `describe(declarations, name | undefined)`: all of them, or the function, variable or type of this name; null without
/// one.
pub(crate) fn describe(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let declarations: &Declarations = environment.env.owned(args.get(0))?;
    let description = if args.is_given(1) {
        describe::one(declarations, &args.string(1)?)
    } else {
        describe::declarations(declarations)
    };
    environment.env.string(&description.to_string())
}

/// `names(declarations)`: the keys of functions, variables and what is not supported, and the constants.
pub(crate) fn names(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let declarations: &Declarations = environment.env.owned(args.get(0))?;
    environment.env.string(&describe::names(declarations).to_string())
}

/// Returns the function that is declared under a key.
pub(crate) fn function<'a>(declarations: &'a Declarations, key: &str) -> Result<&'a FunctionDeclaration, Thrown> {
    let declaration = declarations.get(key).map_err(malformed)?;
    declaration.as_function().ok_or_else(|| Thrown::TypeError(format!("{key}: a variable is not a function")))
}
