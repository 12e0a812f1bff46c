//! Declarations of C: the natives `declarations` and `describe`.

use hotcall::declare::{DeclarationError, Declarations, FunctionDeclaration};
use napi_sys::napi_type_tag;

use crate::api::Value;
use crate::binding::Arguments;
use crate::describe;
use crate::environment::Environment;
use crate::handle::{Handle, tag};
use crate::thrown::Thrown;

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

/// `describe(declarations)`
pub(crate) fn describe(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let declarations: &Declarations = environment.env.owned(args.get(0))?;
    environment.env.string(&describe::declarations(declarations).to_string())
}

/// Returns the function that is declared under a key.
pub(crate) fn function<'a>(declarations: &'a Declarations, key: &str) -> Result<&'a FunctionDeclaration, Thrown> {
    let declaration = declarations.get(key).map_err(malformed)?;
    declaration.as_function().ok_or_else(|| Thrown::TypeError(format!("{key}: a variable is not a function")))
}
