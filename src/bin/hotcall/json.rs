//! JSON to the bytes of a struct or union: an object by names or an array by positions, as the members are addressed in
//! [`crate::members`].

use hotcall::{Aggregate, AggregateKind, Array, Extent, Field, Pointee, Scalar, Type};
use hotcall_jit::Places;
use serde_json::{Map, Value};

use crate::members::{anonymous, names, names_of_field};
use crate::misfit::{Misfit, MisfitKind, Step};
use crate::number::Number;

/// Texts that the encoded bytes point to.
pub(crate) type Texts = Vec<Vec<u8>>;

/// Writes `json` as a value of type `ty` to `bytes`, which are zeroed and exactly as long as the type.
pub(crate) fn encode(json: &Value, ty: &Type, bytes: &mut [u8], texts: &mut Texts) -> Result<(), Misfit> {
    match ty {
        Type::Scalar(scalar) => {
            let bits = scalar_bits(json, *scalar, texts)?;
            bytes.copy_from_slice(&bits.to_le_bytes()[..bytes.len()]);
            Ok(())
        }
        Type::Array(array) => encode_array(json, array, bytes, texts),
        Type::Aggregate(aggregate) => match json {
            Value::Object(object) => encode_object(object, aggregate, bytes, texts),
            Value::Array(items) if aggregate.kind() == AggregateKind::Struct => {
                encode_positions(items, aggregate, bytes, texts)
            }
            other => {
                let expected = match aggregate.kind() {
                    AggregateKind::Struct => "an object or an array",
                    AggregateKind::Union => "an object that names a member",
                };
                Err(MisfitKind::wrong(other.to_string(), expected).into())
            }
        },
    }
}

fn encode_array(json: &Value, array: &Array, bytes: &mut [u8], texts: &mut Texts) -> Result<(), Misfit> {
    let Value::Array(items) = json else {
        return Err(MisfitKind::wrong(json.to_string(), "an array").into());
    };
    check_length(items, array.len() as usize)?;
    let step = Extent::of(array.element()).map_err(MisfitKind::from)?.size as usize;
    for (index, item) in items.iter().enumerate() {
        let element = &mut bytes[index * step..][..step];
        encode(item, array.element(), element, texts)
            .map_err(|misfit| misfit.inside(Step::Index(index), array.element()))?;
    }
    Ok(())
}

fn encode_positions(items: &[Value], aggregate: &Aggregate, bytes: &mut [u8], texts: &mut Texts) -> Result<(), Misfit> {
    check_length(items, aggregate.fields().len())?;
    for (index, (item, place)) in items.iter().zip(Places::of(aggregate)).enumerate() {
        let (offset, field) = place.map_err(MisfitKind::from)?;
        let step = field.name().map_or(Step::Index(index), |name| Step::Name(name.into()));
        encode_field(item, field, offset, bytes, texts).map_err(|misfit| misfit.inside(step, field.ty()))?;
    }
    Ok(())
}

fn check_length(items: &[Value], expected: usize) -> Result<(), MisfitKind> {
    let given = items.len();
    if given == expected { Ok(()) } else { Err(MisfitKind::Length { given, expected }) }
}

fn encode_object(
    object: &Map<String, Value>,
    aggregate: &Aggregate,
    bytes: &mut [u8],
    texts: &mut Texts,
) -> Result<(), Misfit> {
    let members = names(aggregate);
    if let Some(name) = object.keys().find(|name| !members.contains(&name.as_str())) {
        return Err(MisfitKind::Unknown { name: name.clone(), members: boxed(&members) }.into());
    }
    encode_members(object, aggregate, bytes, texts)
}

/// Writes those members of the object that belong to `aggregate`, which may be an anonymous part of the object's type.
fn encode_members(
    object: &Map<String, Value>,
    aggregate: &Aggregate,
    bytes: &mut [u8],
    texts: &mut Texts,
) -> Result<(), Misfit> {
    let given = |field: &Field| names_of_field(field).iter().any(|name| object.contains_key(*name));
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
                let value = object.get(name).ok_or_else(|| MisfitKind::Missing { name: name.into() })?;
                encode_field(value, field, offset, bytes, texts)
                    .map_err(|misfit| misfit.inside(Step::Name(name.into()), field.ty()))?;
            }
            (None, Some(inner)) => encode_members(object, inner, field_bytes(field, offset, bytes)?, texts)?,
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

fn encode_field(json: &Value, field: &Field, offset: u32, bytes: &mut [u8], texts: &mut Texts) -> Result<(), Misfit> {
    encode(json, field.ty(), field_bytes(field, offset, bytes)?, texts)
}

fn field_bytes<'a>(field: &Field, offset: u32, bytes: &'a mut [u8]) -> Result<&'a mut [u8], MisfitKind> {
    let size = Extent::of(field.ty())?.size;
    Ok(&mut bytes[offset as usize..][..size as usize])
}

fn scalar_bits(json: &Value, scalar: Scalar, texts: &mut Texts) -> Result<u64, MisfitKind> {
    match (json, scalar) {
        (Value::Number(number), _) if !matches!(scalar, Scalar::Pointer(Pointee::Text)) => {
            // The number prints as JSON, so that it reads as a number again.
            let given = number.to_string();
            let number = Number::parse(&given).ok_or_else(|| MisfitKind::wrong(&given, expected(scalar)))?;
            number.to_bits(&given, scalar)
        }
        (Value::Bool(value), Scalar::Bool) => Ok(u64::from(*value)),
        (Value::Null, Scalar::Pointer(_)) => Ok(0),
        (Value::String(text), Scalar::Pointer(Pointee::Text)) => keep_text(text.as_bytes(), texts),
        // What JSON has no number for: addresses, NaN and the infinities.
        (Value::String(text), Scalar::Pointer(_) | Scalar::F32 | Scalar::F64) => match Number::parse(text) {
            Some(number) => number.to_bits(text, scalar),
            None => Err(MisfitKind::wrong(json.to_string(), expected(scalar))),
        },
        (other, _) => Err(MisfitKind::wrong(other.to_string(), expected(scalar))),
    }
}

/// Keeps a copy of the text with a zero behind it, and returns its address.
pub(crate) fn keep_text(text: &[u8], texts: &mut Texts) -> Result<u64, MisfitKind> {
    if text.contains(&0) {
        return Err(MisfitKind::ZeroInText);
    }
    let mut text = [text, &[0]].concat();
    let address = text.as_mut_ptr().expose_provenance() as u64;
    texts.push(text);
    Ok(address)
}

/// What a value of this type is called in a message.
pub(crate) fn expected(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "true or false",
        Scalar::Pointer(Pointee::Text) => "a text or null",
        Scalar::Pointer(_) => "an address or null",
        _ => "a number",
    }
}
