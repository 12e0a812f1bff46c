//! Script's declarations, as objects and as JSON.

use hotcall::declare::{DeclarationError, Declarations, FunctionDeclaration, Item};
use rquickjs::qjs as js;
use rquickjs::{Ctx, Error, Function, Object, Result, Value};

use crate::atoms::{Names, text_of};
use crate::script::type_error;
use crate::usual_form::Reader;

/// Reads script's declarations under these names. `describe` makes JSON of one that does not have the usual form.
pub(crate) fn read<'js>(
    ctx: &Ctx<'js>,
    names: &Names,
    declared: &Object<'js>,
    describe: &Function<'js>,
) -> Result<Declarations> {
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the context lives while one of its functions runs.
    let mut reader = unsafe { Reader::new(context) };
    let mut declarations = Declarations::new();
    for name in names.atoms() {
        // SAFETY: the name and the object are those of the context, and the results belong to this function.
        let (key, value) = unsafe {
            let value = Value::from_raw(ctx.clone(), js::JS_GetProperty(context, declared.as_raw(), name));
            if value.is_exception() {
                return Err(Error::Exception);
            }
            (text_of(context, name), value)
        };
        // SAFETY: the value is one of the context.
        let usual = key.as_deref().and_then(|key| unsafe { reader.read(key, value.as_raw()) });
        let declaration = match usual {
            Some(declaration) => declaration,
            None => {
                // SAFETY: the name is one of the context, and the text belongs to this function.
                let key = unsafe { Value::from_raw(ctx.clone(), js::JS_AtomToString(context, name)) };
                let text: String = describe.call((key, value))?;
                let read = Declarations::from_json(&text).map_err(|refused| malformed(ctx, &refused))?;
                let described = read.iter().next().cloned();
                described.ok_or_else(|| type_error(ctx, "a declaration is missing"))?
            }
        };
        declarations.insert(declaration).map_err(|refused| malformed(ctx, &refused))?;
    }
    Ok(declarations)
}

/// Reads the declaration of one function from its JSON form.
pub(crate) fn read_function(ctx: &Ctx<'_>, declaration: &str) -> Result<FunctionDeclaration> {
    let declarations = Declarations::from_json(&format!("{{\"definition\":{declaration}}}"));
    let declarations = declarations.map_err(|error| malformed(ctx, &error))?;
    match declarations.iter().next().map(|declaration| &declaration.item) {
        Some(Item::Function(function)) => Ok(function.clone()),
        _ => Err(type_error(ctx, "the definition is none of a function")),
    }
}

/// A `TypeError` for declarations. It has the place of the fault in the declarations, but not in their JSON form.
fn malformed(ctx: &Ctx<'_>, error: &DeclarationError) -> Error {
    if let DeclarationError::Json { path, problem, .. } = error {
        return type_error(ctx, format!("{path}: {problem}"));
    }
    type_error(ctx, error)
}
