//! JSON to the bytes of a struct or union: an object by names or an array by positions, as the members are addressed in
//! [`crate::members`].
//!
//! JSON is read one level at a time, as the types ask for it: numbers keep their text until their type is known.

use std::collections::BTreeMap;
use std::fmt;

use hotcall::{Aggregate, AggregateKind, Array, Extent, Field, Pointee, Scalar, Type, TypeKind};
use hotcall_jit::Places;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::members::{anonymous, names, names_of_field};
use crate::misfit::{Misfit, MisfitKind, Step};
use crate::number::{Class, Number};
use crate::quote::shorten;
use crate::store::Store;

/// Writes `json` as a value of type `ty` to `bytes`, which are zeroed and exactly as long as the type.
pub(crate) fn encode(json: &RawValue, ty: &Type, bytes: &mut [u8], store: &mut Store) -> Result<(), Misfit> {
    match ty.kind() {
        TypeKind::Scalar(scalar) => {
            let bits = scalar_bits(json, *scalar, store)?;
            bytes.copy_from_slice(&bits.to_le_bytes()[..bytes.len()]);
            Ok(())
        }
        TypeKind::Array(array) => encode_array(json, array, bytes, store),
        TypeKind::Aggregate(aggregate) => match (Form::of(json), aggregate.kind()) {
            (Form::Object, _) => encode_object(&read::<Object>(json)?, aggregate, bytes, store),
            (Form::Array, AggregateKind::Struct) => encode_positions(&read::<Vec<_>>(json)?, aggregate, bytes, store),
            (_, AggregateKind::Struct) => Err(MisfitKind::wrong(json.get(), "an object or an array").into()),
            (_, AggregateKind::Union) => Err(MisfitKind::wrong(json.get(), "an object that names a member").into()),
        },
    }
}

fn encode_array(json: &RawValue, array: &Array, bytes: &mut [u8], store: &mut Store) -> Result<(), Misfit> {
    if Form::of(json) != Form::Array {
        return Err(MisfitKind::wrong(json.get(), "an array").into());
    }
    let items: Vec<&RawValue> = read(json)?;
    check_length(&items, array.len() as usize)?;
    let step = Extent::of(array.element()).map_err(MisfitKind::from)?.size as usize;
    for (index, item) in items.into_iter().enumerate() {
        let element = &mut bytes[index * step..][..step];
        encode(item, array.element(), element, store)
            .map_err(|misfit| misfit.inside(Step::Index(index), array.element()))?;
    }
    Ok(())
}

fn encode_positions(
    items: &[&RawValue],
    aggregate: &Aggregate,
    bytes: &mut [u8],
    store: &mut Store,
) -> Result<(), Misfit> {
    check_length(items, aggregate.fields().len())?;
    for (index, (&item, place)) in items.iter().zip(Places::of(aggregate)).enumerate() {
        let (offset, field) = place.map_err(MisfitKind::from)?;
        let step = field.name().map_or(Step::Index(index), |name| Step::Name(name.into()));
        encode_field(item, field, offset, bytes, store).map_err(|misfit| misfit.inside(step, field.ty()))?;
    }
    Ok(())
}

fn check_length(items: &[&RawValue], expected: usize) -> Result<(), MisfitKind> {
    let given = items.len();
    if given == expected { Ok(()) } else { Err(MisfitKind::Length { given, expected }) }
}

fn encode_object(
    object: &Object<'_>,
    aggregate: &Aggregate,
    bytes: &mut [u8],
    store: &mut Store,
) -> Result<(), Misfit> {
    if let Some(name) = &object.twice {
        return Err(MisfitKind::Twice { name: shorten(name) }.into());
    }
    let members = names(aggregate);
    if let Some(name) = object.members.keys().find(|name| !members.contains(&name.as_str())) {
        return Err(MisfitKind::Unknown { name: shorten(name), members: boxed(&members) }.into());
    }
    encode_members(object, aggregate, bytes, store)
}

/// Writes those members of the object that belong to `aggregate`, which may be an anonymous part of the object's type.
fn encode_members(
    object: &Object<'_>,
    aggregate: &Aggregate,
    bytes: &mut [u8],
    store: &mut Store,
) -> Result<(), Misfit> {
    let given = |field: &Field| names_of_field(field).iter().any(|name| object.members.contains_key(*name));
    if aggregate.kind() == AggregateKind::Union {
        let count = aggregate.fields().iter().filter(|field| given(field)).count();
        if count != 1 {
            return Err(MisfitKind::Union { given: count, members: boxed(&names(aggregate)) }.into());
        }
    }
    for place in Places::of(aggregate) {
        let (offset, field) = place.map_err(MisfitKind::from)?;
        if aggregate.kind() == AggregateKind::Union && !given(field) {
            continue;
        }
        match (field.name(), anonymous(field)) {
            (Some(name), _) => {
                let value = object.members.get(name).ok_or_else(|| MisfitKind::Missing { name: name.into() })?;
                encode_field(value, field, offset, bytes, store)
                    .map_err(|misfit| misfit.inside(Step::Name(name.into()), field.ty()))?;
            }
            (None, Some(inner)) => encode_members(object, inner, field_bytes(field, offset, bytes)?, store)?,
            (None, None) => {
                return Err(MisfitKind::wrong("an object", "an array, which members without names need").into());
            }
        }
    }
    Ok(())
}

fn boxed(names: &[&str]) -> Vec<Box<str>> {
    names.iter().copied().map(Box::from).collect()
}

fn encode_field(
    json: &RawValue,
    field: &Field,
    offset: u32,
    bytes: &mut [u8],
    store: &mut Store,
) -> Result<(), Misfit> {
    encode(json, field.ty(), field_bytes(field, offset, bytes)?, store)
}

fn field_bytes<'a>(field: &Field, offset: u32, bytes: &'a mut [u8]) -> Result<&'a mut [u8], MisfitKind> {
    let size = Extent::of(field.ty())?.size;
    Ok(&mut bytes[offset as usize..][..size as usize])
}

fn scalar_bits(json: &RawValue, scalar: Scalar, store: &mut Store) -> Result<u64, MisfitKind> {
    let wrong = || MisfitKind::wrong(json.get(), expected(scalar));
    match (Form::of(json), scalar) {
        (Form::Number, _) if !matches!(scalar, Scalar::Pointer(Pointee::Text)) => {
            Number::parse(json.get()).ok_or_else(wrong)?.to_bits(scalar)
        }
        (Form::Bool(value), Scalar::Bool) => Ok(u64::from(value)),
        (Form::Null, Scalar::Pointer(_)) => Ok(0),
        (Form::String, Scalar::Pointer(Pointee::Text)) => store.keep_text(read::<String>(json)?.as_bytes()),
        // JSON does not have numbers for names of constants, addresses, NaN and the infinities.
        (Form::String, _) => {
            let text = read::<String>(json)?;
            let number = Number::parse(&text).filter(|_| is_written_as_text(scalar));
            number.map(|number| number.to_bits(scalar)).or_else(|| store.constant(&text, scalar)).ok_or_else(wrong)?
        }
        _ => Err(wrong()),
    }
}

/// Returns whether a string may hold a number of this type.
const fn is_written_as_text(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Pointer(_) | Scalar::F32 | Scalar::F64)
}

/// Which of JSON's forms a text has.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Null,
    Bool(bool),
    Number,
    String,
    Array,
    Object,
}

impl Form {
    /// The first character tells, since the text is known to be JSON.
    fn of(json: &RawValue) -> Self {
        match json.get().as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }
}

/// Reads one level.
fn read<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, MisfitKind> {
    serde_json::from_str(json.get()).map_err(|source| MisfitKind::json("a struct", json.get().as_bytes(), source))
}

/// An object's members, and a name that stands there twice.
struct Object<'a> {
    members: BTreeMap<String, &'a RawValue>,
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut object = Object { members: BTreeMap::new(), twice: None };
        while let Some((name, value)) = map.next_entry::<String, _>()? {
            if object.members.insert(name.clone(), value).is_some() {
                object.twice.get_or_insert(name);
            }
        }
        Ok(object)
    }
}

/// The name of a value of this type in a message.
pub(crate) fn expected(scalar: Scalar) -> &'static str {
    match Class::of(scalar) {
        Class::Bool => "true or false",
        Class::Text => "a text or null",
        Class::Address => "an address or null",
        Class::Signed | Class::Unsigned | Class::F32 | Class::F64 => "a number",
    }
}
