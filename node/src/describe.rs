//! Declarations as JSON, for JavaScript.

use hotcall::declare::{Constant, Declaration, Declarations, FunctionDeclaration, Item, NamedType, StaticDeclaration};
use hotcall::{
    AggregateKind, Direction, Extent, FunctionType, Length, Places, Pointee, Pointer, Scalar, Signature, Target, Type,
    TypeKind,
};
use serde_json::{Map, Value, json};

/// Describes all declarations.
pub(crate) fn declarations(declarations: &Declarations) -> Value {
    let item = |is: fn(&Declaration) -> Option<Value>| declarations.iter().filter_map(is).collect::<Value>();
    json!({
        "functions": item(|declaration| declaration.as_function().map(|of| function(declaration, of))),
        "statics": item(|declaration| declaration.as_static().map(|of| variable(declaration, of))),
        "types": declarations.types().iter().map(named).collect::<Value>(),
        "constants": constants(declarations),
        "unsupported": declarations.unsupported().map(|(key, reason)| json!({ "key": key, "reason": reason }))
            .collect::<Value>(),
        "warnings": declarations.warnings().collect::<Value>(),
        "skipped": declarations.skipped().iter().map(ToString::to_string).collect::<Value>(),
    })
}

/// Describes the function, variable or type of a name; null without one.
pub(crate) fn one(declarations: &Declarations, name: &str) -> Value {
    match declarations.get(name).map(|declaration| (declaration, &declaration.item)) {
        Ok((declaration, Item::Function(of))) => function(declaration, of),
        Ok((declaration, Item::Static(of))) => variable(declaration, of),
        Ok(_) | Err(_) => declarations.type_named(name).map_or(Value::Null, named),
    }
}

/// Lists the names of all declarations, without their types.
pub(crate) fn names(declarations: &Declarations) -> Value {
    let keys = |is: fn(&Declaration) -> bool| {
        declarations
            .iter()
            .filter(|declaration| is(declaration))
            .map(|declaration| &*declaration.key)
            .collect::<Value>()
    };
    json!({
        "functions": keys(|declaration| declaration.as_function().is_some()),
        "statics": keys(|declaration| declaration.as_static().is_some()),
        "unsupported": declarations.unsupported().map(|(key, _)| key).collect::<Value>(),
        "constants": constants(declarations),
    })
}

fn constants(declarations: &Declarations) -> Value {
    declarations.constants().map(|(name, value)| json!({ "name": name, "value": constant(value) })).collect()
}

fn function(declaration: &Declaration, function: &FunctionDeclaration) -> Value {
    let mut description = signature(&function.signature, &function.parameter_names);
    description.extend(common(declaration));
    description.insert("nonblocking".into(), function.nonblocking.into());
    description.insert("errno".into(), function.capture_errno.into());
    description.into()
}

fn variable(declaration: &Declaration, variable: &StaticDeclaration) -> Value {
    let mut description = common(declaration);
    description.insert("type".into(), ty(&variable.ty));
    description.insert("constant".into(), variable.is_const.into());
    description.into()
}

fn common(declaration: &Declaration) -> Map<String, Value> {
    debug_assert!(matches!(declaration.item, Item::Function(_) | Item::Static(_)));
    [
        ("key".to_owned(), Value::from(&*declaration.key)),
        ("symbol".to_owned(), declaration.symbol_name().into()),
        ("optional".to_owned(), declaration.optional.into()),
    ]
    .into_iter()
    .collect()
}

fn signature(signature: &Signature, names: &[Option<Box<str>>]) -> Map<String, Value> {
    let parameter = |(index, of): (usize, &Type)| {
        let name = names.get(index).and_then(Option::as_deref);
        json!({ "name": name, "type": ty(of) })
    };
    [
        ("parameters".to_owned(), signature.params().iter().enumerate().map(parameter).collect()),
        ("result".to_owned(), signature.result().map_or(Value::Null, ty)),
        ("variadic".to_owned(), signature.first_variadic().into()),
    ]
    .into_iter()
    .collect()
}

fn function_type(function: &FunctionType) -> Value {
    signature(function.signature(), function.parameter_names()).into()
}

/// Describes a type. Sizes that exceed hotcall's limits are null.
fn ty(ty: &Type) -> Value {
    let extent = Extent::of(ty).ok();
    let size = extent.map(|extent| extent.size);
    match ty.kind() {
        TypeKind::Scalar(Scalar::Pointer(pointee)) => {
            let mut description = ty_of_pointer(*pointee);
            if let Some(details) = ty.pointer() {
                description.extend(pointer(details));
            }
            description.into()
        }
        TypeKind::Scalar(scalar) => match ty.character() {
            None => json!({ "kind": scalar.name() }),
            Some(character) => json!({ "kind": scalar.name(), "c": character.name() }),
        },
        TypeKind::Array(array) => json!({
            "kind": "array",
            "element": self::ty(array.element()),
            "length": array.len(),
            "flexible": array.is_flexible(),
            "countedBy": array.counted_by(),
            "size": size,
        }),
        TypeKind::Aggregate(aggregate) => {
            let field = |place: Result<(u32, &hotcall::Field), _>| {
                let (offset, field) = place.ok()?;
                let (name, of) = (field.name(), self::ty(field.ty()));
                Some(json!({ "name": name, "offset": offset, "type": of, "constant": field.is_const() }))
            };
            json!({
                "kind": match aggregate.kind() {
                    AggregateKind::Struct => "struct",
                    AggregateKind::Union => "union",
                },
                "name": aggregate.name(),
                "size": size,
                "align": extent.map(|extent| extent.align),
                "fields": Places::of(aggregate).filter_map(field).collect::<Value>(),
            })
        }
    }
}

fn ty_of_pointer(pointee: Pointee) -> Map<String, Value> {
    let kind = match pointee {
        Pointee::Buffer => "buffer",
        Pointee::Text => "text",
        Pointee::Function => "function",
        Pointee::Opaque | _ => "pointer",
    };
    [("kind".to_owned(), kind.into())].into_iter().collect()
}

fn pointer(pointer: &Pointer) -> Map<String, Value> {
    let to = match pointer.target() {
        Target::Void => "void".into(),
        Target::Type(target) => ty(target),
        Target::Named(name) => json!({ "named": &**name }),
        Target::Function(function) => json!({ "function": function_type(function) }),
        Target::Unsupported(_) | _ => Value::Null,
    };
    let direction = pointer.direction().map(|direction| match direction {
        Direction::In => "in",
        Direction::Out => "out",
        Direction::InOut => "inout",
        _ => "unknown",
    });
    let length = pointer.length().map(|length| match length {
        Length::Elements(count) => json!({ "elements": count }),
        Length::Bytes(count) => json!({ "bytes": count }),
        Length::Counted(by) => json!({ "counted": &**by }),
        Length::CountedBytes(by) => json!({ "countedBytes": &**by }),
        Length::Expression | _ => "expression".into(),
    });
    [
        ("to".to_owned(), to),
        ("constant".to_owned(), pointer.is_const().into()),
        ("direction".to_owned(), direction.into()),
        ("length".to_owned(), length.into()),
        ("freedBy".to_owned(), pointer.freed_by().into()),
    ]
    .into_iter()
    .collect()
}

fn named(named: &NamedType) -> Value {
    json!({
        "name": named.name(),
        "type": named.ty().ok().map(ty),
        "size": named.size(),
        "align": named.align(),
    })
}

/// Returns a constant's value. Integers are text, because JSON's numbers are doubles for JavaScript.
fn constant(constant: &Constant) -> Value {
    match constant {
        Constant::Int(integer) => json!({ "integer": integer.to_string() }),
        Constant::Float(number) => json!({ "number": number.to_string() }),
        Constant::Text(bytes) => json!({ "text": &**bytes }),
        _ => Value::Null,
    }
}
