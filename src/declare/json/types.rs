//! The types of Deno's form, and objects for the rest of C: members' names, unions, arrays, and the targets of pointers.

use std::fmt;

use hotcall_jit::{
    Character, Direction, Field, FunctionType, Length, MAX_PARAMETERS, Pointee, Pointer, Scalar, Signature, Target,
    Type, TypeError,
};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::trail::{Seed, Trail, TrailStep, each_key, once, unknown};
use crate::declare::error::{Quoted, Short};

/// An array of parameters' types.
pub(super) struct ParametersVisitor<'a>(pub(super) &'a Trail);

impl<'de> Visitor<'de> for ParametersVisitor<'_> {
    type Value = Vec<Type>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of types")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut types = Vec::new();
        while let Some(ty) = self.0.at(TrailStep::Index(types.len()), || {
            if types.len() == MAX_PARAMETERS && seq.next_element::<IgnoredAny>()?.is_some() {
                return Err(A::Error::custom(format_args!("more than {MAX_PARAMETERS} parameters")));
            }
            next_type(&mut seq, self.0, "parameter")
        })? {
            types.push(ty);
        }
        Ok(types)
    }
}

fn next_type<'de, A: SeqAccess<'de>>(seq: &mut A, trail: &Trail, what: &str) -> Result<Option<Type>, A::Error> {
    let next = seq.next_element_seed(Seed::Any(TypeVisitor(trail)))?;
    next.map(|ty| ty.ok_or_else(|| A::Error::custom(format_args!("a {what} is not `void`")))).transpose()
}

/// The members of a struct or union: types in order, or an object of types by name.
struct MembersVisitor<'a>(&'a Trail);

impl<'de> Visitor<'de> for MembersVisitor<'_> {
    type Value = Vec<Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of types, or an object of members")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut fields: Vec<Field> = Vec::new();
        while let Some(ty) =
            self.0.at(TrailStep::Index(fields.len()), || next_type(&mut seq, self.0, "field of a struct"))?
        {
            fields.push(ty.into());
        }
        Ok(fields)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        each_key(map, self.0, |map, name| {
            let ty = map.next_value_seed(Seed::Any(TypeVisitor(self.0)))?;
            let ty = ty.ok_or_else(|| A::Error::custom("a field of a struct is not `void`"))?;
            fields.push(Field::new(name, ty));
            Ok(())
        })?;
        Ok(fields)
    }
}

/// A type; `None` is `void`.
pub(super) struct TypeVisitor<'a>(pub(super) &'a Trail);

impl<'de> Visitor<'de> for TypeVisitor<'_> {
    type Value = Option<Type>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type: a name or {\"struct\": [...]}")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        named(name)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let trail = self.0;
        let mut parts = TypeKeys::default();
        each_key(map, trail, |map, key| match key {
            "struct" => parts.is(|| map.next_value_seed(Seed::Any(MembersVisitor(trail))).map(JsonType::Struct)),
            "union" => parts.is(|| map.next_value_seed(Seed::Any(MembersVisitor(trail))).map(JsonType::Union)),
            "array" => parts.is(|| map.next_value_seed(Seed::Any(TypeVisitor(trail))).map(JsonType::Array)),
            "pointer" => parts.is(|| map.next_value_seed(Seed::Any(TargetVisitor(trail)))),
            "function" => parts.is(|| map.next_value_seed(Seed::Map(FunctionVisitor(trail))).map(JsonType::Function)),
            "name" => once(&mut parts.name, || map.next_value()),
            "const" => once(&mut parts.constant, || map.next_value()),
            "length" => once(&mut parts.length, || map.next_value_seed(Seed::Any(CountVisitor))),
            "byteLength" => once(&mut parts.byte_length, || map.next_value_seed(Seed::Any(CountVisitor))),
            "direction" => once(&mut parts.direction, || direction(&map.next_value::<String>()?)),
            "freedBy" => once(&mut parts.freed_by, || map.next_value()),
            other => Err(unknown(other, KEYS)),
        })?;
        parts.ty().map(Some).map_err(A::Error::custom)
    }
}

/// The keys of a type.
const KEYS: &[&str] = &[
    "struct",
    "union",
    "array",
    "pointer",
    "function",
    "name",
    "const",
    "length",
    "byteLength",
    "direction",
    "freedBy",
];

fn named<E: Error>(name: &str) -> Result<Option<Type>, E> {
    if let Some(character) = Character::named(name) {
        return Type::from(character.scalar()).with_character(character).map(Some).map_err(E::custom);
    }
    // Deno does not have a type for text.
    match Scalar::named(name).filter(|&scalar| scalar != Scalar::Pointer(Pointee::Text)) {
        Some(scalar) => Ok(Some(Type::from(scalar))),
        None if name == "void" => Ok(None),
        None => Err(E::custom(format_args!("unknown type {}", Quoted(name)))),
    }
}

/// The kinds of types that objects describe. Each object has the key of one of these.
enum JsonType {
    Struct(Vec<Field>),
    Union(Vec<Field>),
    Array(Option<Type>),
    /// A pointer to a type; `None` if the target is not given.
    Pointer(Option<Type>),
    /// `char *`
    Text,
    Function(FunctionType),
}

#[derive(Default)]
struct TypeKeys {
    kind: Option<JsonType>,
    name: Option<String>,
    constant: Option<bool>,
    length: Option<Count>,
    byte_length: Option<Count>,
    direction: Option<Direction>,
    freed_by: Option<String>,
}

/// A number of elements, or the name of the argument or constant that gives it.
enum Count {
    Number(u32),
    Name(Box<str>),
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of elements, or the name of a parameter or member")
    }

    fn visit_u64<E: Error>(self, len: u64) -> Result<Self::Value, E> {
        u32::try_from(len).map(Count::Number).map_err(|_| E::custom(format_args!("a length of {len} elements")))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Count::Name(name.into()))
    }
}

fn direction<E: Error>(name: &str) -> Result<Direction, E> {
    match name {
        "in" => Ok(Direction::In),
        "out" => Ok(Direction::Out),
        "inout" => Ok(Direction::InOut),
        other => Err(E::unknown_variant(&Short(other).to_string(), &["in", "out", "inout"])),
    }
}

impl TypeKeys {
    fn is<E: Error>(&mut self, read: impl FnOnce() -> Result<JsonType, E>) -> Result<(), E> {
        if self.kind.is_some() {
            return Err(E::custom("a type is one of `struct`, `union`, `array`, `pointer` and `function`"));
        }
        self.kind = Some(read()?);
        Ok(())
    }

    fn ty(mut self) -> Result<Type, String> {
        let kind = self.kind.take().ok_or("missing field `struct` (or `union`, `array`, `pointer`, `function`)")?;
        self.check(&kind)?;
        let made = match kind {
            JsonType::Struct(fields) | JsonType::Union(fields) if fields.is_empty() => {
                return Err("Struct must have at least one field".into());
            }
            JsonType::Struct(fields) => self.named(Type::structure(fields)),
            JsonType::Union(fields) => self.named(Type::union(fields)),
            JsonType::Array(element) => {
                let element = element.ok_or("an array's elements are not `void`")?;
                match self.length.ok_or("missing field `length`")? {
                    Count::Number(len) => Type::array(element, len),
                    Count::Name(member) => Type::flexible_array(element).map(|array| array.counted_by(member)),
                }
            }
            JsonType::Pointer(ty) => Type::pointer_to(self.pointer(ty.map_or(Target::Void, Target::Type))),
            JsonType::Text => Type::TEXT.with_pointer(self.pointer(Target::Type(Type::from(Character::Char.scalar())))),
            JsonType::Function(function) => Type::pointer_to(self.pointer(Target::Function(function))),
        };
        made.map_err(|error| error.to_string())
    }

    /// Checks that each key belongs to the kind that is described.
    fn check(&self, kind: &JsonType) -> Result<(), &'static str> {
        let is_aggregate = matches!(kind, JsonType::Struct(_) | JsonType::Union(_));
        let is_pointer = !is_aggregate && !matches!(kind, JsonType::Array(_));
        let tells_pointer = self.constant.is_some() || self.direction.is_some() || self.freed_by.is_some();
        let (length, bytes) = (self.length.is_some(), self.byte_length.is_some());
        let faults = [
            (tells_pointer && !is_pointer, "`const`, `direction` and `freedBy` belong to a pointer"),
            (self.name.is_some() && !is_aggregate, "`name` belongs to a struct or union"),
            (length && is_aggregate, "`length` belongs to a pointer or an array"),
            (bytes && !is_pointer, "`byteLength` belongs to a pointer"),
            (length && bytes, "a pointer has one of `length` and `byteLength`"),
            (self.name.as_deref() == Some(""), "the `name` is empty"),
        ];
        faults.into_iter().find(|(is_fault, _)| *is_fault).map_or(Ok(()), |(_, problem)| Err(problem))
    }

    fn named(self, ty: Result<Type, TypeError>) -> Result<Type, TypeError> {
        match self.name {
            Some(name) => ty.map(|ty| ty.named(name)),
            None => ty,
        }
    }

    fn pointer(self, target: Target) -> Pointer {
        let mut pointer = Pointer::new(target);
        if self.constant == Some(true) {
            pointer = pointer.constant();
        }
        let length = self.length.map(|count| match count {
            Count::Number(len) => Length::Elements(len.into()),
            Count::Name(name) => Length::Counted(name.into()),
        });
        let bytes = self.byte_length.map(|count| match count {
            Count::Number(len) => Length::Bytes(len.into()),
            Count::Name(name) => Length::CountedBytes(name.into()),
        });
        if let Some(length) = length.or(bytes) {
            pointer = pointer.with_length(length);
        }
        if let Some(direction) = self.direction {
            pointer = pointer.with_direction(direction);
        }
        match self.freed_by {
            Some(function) => pointer.with_freed_by(function),
            None => pointer,
        }
    }
}

/// The target of a pointer: a type, or `char` for text.
struct TargetVisitor<'a>(&'a Trail);

impl<'de> Visitor<'de> for TargetVisitor<'_> {
    type Value = JsonType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type, or \"char\"")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        if name == "char" { Ok(JsonType::Text) } else { named(name).map(JsonType::Pointer) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        TypeVisitor(self.0).visit_map(map).map(JsonType::Pointer)
    }
}

/// A function's type: an object with `parameters`, `result` and perhaps `names`.
struct FunctionVisitor<'a>(&'a Trail);

impl<'de> Visitor<'de> for FunctionVisitor<'_> {
    type Value = FunctionType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `parameters` and `result`")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let trail = self.0;
        let (mut parameters, mut result, mut names) = (None, None, None);
        each_key(map, trail, |map, key| match key {
            "parameters" => once(&mut parameters, || map.next_value_seed(Seed::Seq(ParametersVisitor(trail)))),
            "result" => once(&mut result, || map.next_value_seed(Seed::Any(TypeVisitor(trail)))),
            "names" => once(&mut names, || map.next_value::<Vec<Option<Box<str>>>>()),
            other => Err(unknown(other, &["parameters", "result", "names"])),
        })?;
        let parameters = parameters.ok_or_else(|| A::Error::missing_field("parameters"))?;
        let result = result.ok_or_else(|| A::Error::missing_field("result"))?;
        let signature = Signature::new(parameters, result).map_err(A::Error::custom)?;
        let names = checked_names(&signature, names).map_err(A::Error::custom)?;
        Ok(FunctionType::new(signature).with_names(names))
    }
}

/// The names of a function's parameters. There may be fewer names than parameters.
pub(super) fn checked_names(
    signature: &Signature,
    names: Option<Vec<Option<Box<str>>>>,
) -> Result<Vec<Option<Box<str>>>, String> {
    let (names, count) = (names.unwrap_or_default(), signature.params().len());
    if names.len() > count {
        return Err(format!("{} `names` for {count} parameters", names.len()));
    }
    Ok(names)
}
