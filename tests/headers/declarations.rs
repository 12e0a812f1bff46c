//! Prints the declarations that `Declarations::from_c` reads, as one JSON object for each file named. It has functions,
//! variables, types with sizes and offsets, constants, and declarations that cannot be used. `compare.py` compares it with
//! libclang.

use std::collections::BTreeMap;
use std::error::Error;

use hotcall::declare::{Constant, Declarations};
use hotcall::{Layout, Places, Type};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let text = std::fs::read(&file)?;
        let read = match Declarations::from_c(&String::from_utf8_lossy(&text)) {
            Ok(declarations) => all(&declarations),
            Err(error) => json!({ "error": error.to_string() }),
        };
        println!("{read}");
    }
    Ok(())
}

fn all(declarations: &Declarations) -> Value {
    let mut functions = BTreeMap::new();
    let mut variables = BTreeMap::new();
    for declaration in declarations {
        if let Some(function) = declaration.as_function() {
            let signature = &function.signature;
            let params: Vec<_> = signature.params().iter().map(shown).collect();
            let variadic = signature.first_variadic().is_some();
            let result = signature.result().map(shown);
            functions.insert(&declaration.key, json!({ "result": result, "params": params, "variadic": variadic }));
        }
        if let Some(variable) = declaration.as_static() {
            variables.insert(&declaration.key, shown(&variable.ty));
        }
    }
    let types = declarations.types().iter().map(|named| {
        let mut members = BTreeMap::new();
        if let Ok(ty) = named.ty() {
            offsets(ty, 0, &mut members);
        }
        let scalar = named.ty().ok().filter(|ty| ty.as_scalar().is_some()).map(shown);
        (named.name(), json!({ "size": named.size(), "align": named.align(), "members": members, "shown": scalar }))
    });
    let constants = declarations.constants().map(|(name, constant)| {
        let value = match constant {
            Constant::Int(value) => json!(value.to_string()),
            // JSON does not have infinities.
            Constant::Float(value) => json!({ "float": format!("{value:?}") }),
            Constant::Text(bytes) => json!({ "text": bytes }),
            _ => json!(format!("{constant:?}")),
        };
        (name, value)
    });
    json!({
        "functions": functions,
        "variables": variables,
        "types": types.collect::<BTreeMap<_, _>>(),
        "constants": constants.collect::<BTreeMap<_, _>>(),
        "unsupported": declarations.unsupported().collect::<BTreeMap<_, _>>(),
        "skipped": declarations.skipped().iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// A scalar's name; the size and alignment of anything else.
fn shown(ty: &Type) -> String {
    match (ty.as_scalar(), Layout::of(ty)) {
        (Some(scalar), _) => scalar.to_string(),
        (None, Ok(layout)) => format!("{} bytes by {}", layout.size, layout.align),
        (None, Err(error)) => error.to_string(),
    }
}

/// The offsets of members, also of those inside members without a name.
fn offsets(ty: &Type, base: u64, members: &mut BTreeMap<String, u64>) {
    let Some(aggregate) = ty.as_aggregate() else { return };
    for (offset, field) in Places::of(aggregate).flatten() {
        match field.name() {
            Some(name) => {
                members.insert(name.to_owned(), base + u64::from(offset));
            }
            None => offsets(field.ty(), base + u64::from(offset), members),
        }
    }
}
