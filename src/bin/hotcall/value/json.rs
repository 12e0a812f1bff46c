//! JSON to the bytes of a struct or union: an object by names or an array by positions, by the rules of
//! [`crate::value::members`].
//!
//! JSON is read one level at a time, as the types ask for it. So numbers keep their text until their type is known.

use std::collections::BTreeMap;
use std::fmt;

use hotcall::{Aggregate, AggregateKind, Array, Extent, Field, Pointee, Scalar, Type, TypeKind};
use hotcall_jit::Places;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::text::quote::shorten;
use crate::value::constant;
use crate::value::context::ValueContext;
use crate::value::error::{PathStep, ValueError, ValueErrorKind};
use crate::value::members::{anonymous, names, names_of_field};
use crate::value::number::Number;
use crate::value::scalar::{self, expected};

/// Writes `json` as a value of type `ty` to `bytes`, which are zeroed and have the type's size.
pub(crate) fn encode(
    json: &RawValue,
    ty: &Type,
    bytes: &mut [u8],
    context: &mut ValueContext,
) -> Result<(), ValueError> {
    Encoder { context }.value(json, ty, bytes)
}

/// Writes JSON to the bytes of values.
struct Encoder<'c> {
    context: &'c mut ValueContext,
}

impl Encoder<'_> {
    fn value(&mut self, json: &RawValue, ty: &Type, bytes: &mut [u8]) -> Result<(), ValueError> {
        match ty.kind() {
            TypeKind::Scalar(scalar) => {
                scalar::store(self.bits(json, *scalar)?, bytes);
                Ok(())
            }
            TypeKind::Array(array) => self.array(json, array, bytes),
            TypeKind::Aggregate(aggregate) => match (JsonForm::of(json), aggregate.kind()) {
                (JsonForm::Object, _) => self.object(&read(json)?, aggregate, bytes),
                (JsonForm::Array, AggregateKind::Struct) => self.positions(&read::<Vec<_>>(json)?, aggregate, bytes),
                (_, AggregateKind::Struct) => Err(ValueErrorKind::wrong(json.get(), "an object or an array").into()),
                (_, AggregateKind::Union) => {
                    Err(ValueErrorKind::wrong(json.get(), "an object that names a member").into())
                }
            },
        }
    }

    fn array(&mut self, json: &RawValue, array: &Array, bytes: &mut [u8]) -> Result<(), ValueError> {
        if JsonForm::of(json) != JsonForm::Array {
            return Err(ValueErrorKind::wrong(json.get(), "an array").into());
        }
        let items: Vec<&RawValue> = read(json)?;
        check_length(&items, array.len() as usize)?;
        let size = Extent::of(array.element()).map_err(ValueErrorKind::from)?.size;
        for (index, item) in items.into_iter().enumerate() {
            self.part(item, PathStep::Index(index), array.element(), index as u32 * size, bytes)?;
        }
        Ok(())
    }

    fn positions(&mut self, items: &[&RawValue], aggregate: &Aggregate, bytes: &mut [u8]) -> Result<(), ValueError> {
        check_length(items, aggregate.fields().len())?;
        for (index, (&item, place)) in items.iter().zip(Places::of(aggregate)).enumerate() {
            let (offset, field) = place.map_err(ValueErrorKind::from)?;
            let step = field.name().map_or(PathStep::Index(index), |name| PathStep::Name(name.into()));
            self.part(item, step, field.ty(), offset, bytes)?;
        }
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>, aggregate: &Aggregate, bytes: &mut [u8]) -> Result<(), ValueError> {
        if let Some(name) = &object.twice {
            return Err(ValueErrorKind::Twice { name: shorten(name) }.into());
        }
        let members = names(aggregate);
        if let Some(name) = object.members.keys().find(|name| !members.contains(&name.as_str())) {
            return Err(ValueErrorKind::Unknown { name: shorten(name), members: boxed(&members) }.into());
        }
        self.members(object, aggregate, bytes)
    }

    /// Writes the members of the object that belong to `aggregate`, which may be an anonymous part of the object's
    /// type.
    fn members(&mut self, object: &Object<'_>, aggregate: &Aggregate, bytes: &mut [u8]) -> Result<(), ValueError> {
        let given = |field: &Field| names_of_field(field).iter().any(|name| object.members.contains_key(*name));
        if aggregate.kind() == AggregateKind::Union {
            let count = aggregate.fields().iter().filter(|field| given(field)).count();
            if count != 1 {
                return Err(ValueErrorKind::Union { given: count, members: boxed(&names(aggregate)) }.into());
            }
        }
        for place in Places::of(aggregate) {
            let (offset, field) = place.map_err(ValueErrorKind::from)?;
            if aggregate.kind() == AggregateKind::Union && !given(field) {
                continue;
            }
            match (field.name(), anonymous(field)) {
                (Some(name), _) => {
                    let value =
                        object.members.get(name).ok_or_else(|| ValueErrorKind::Missing { name: name.into() })?;
                    self.part(value, PathStep::Name(name.into()), field.ty(), offset, bytes)?;
                }
                (None, Some(inner)) => self.members(object, inner, part_of(bytes, offset, field.ty())?)?,
                (None, None) => {
                    return Err(ValueErrorKind::wrong("an object", "an array, which members without names need").into());
                }
            }
        }
        Ok(())
    }

    /// Writes a member or element; an error names it.
    fn part(
        &mut self,
        json: &RawValue,
        step: PathStep,
        ty: &Type,
        offset: u32,
        bytes: &mut [u8],
    ) -> Result<(), ValueError> {
        self.value(json, ty, part_of(bytes, offset, ty)?).map_err(|error| error.inside(step, ty))
    }

    fn bits(&mut self, json: &RawValue, scalar: Scalar) -> Result<u64, ValueErrorKind> {
        let wrong = || ValueErrorKind::wrong(json.get(), expected(scalar));
        match (JsonForm::of(json), scalar) {
            (JsonForm::Number, _) if !matches!(scalar, Scalar::Pointer(Pointee::Text)) => {
                Number::parse(json.get()).ok_or_else(wrong)?.to_bits(scalar)
            }
            (JsonForm::Bool(value), Scalar::Bool) => Ok(u64::from(value)),
            (JsonForm::Null, Scalar::Pointer(_)) => Ok(0),
            (JsonForm::String, Scalar::Pointer(Pointee::Text)) => {
                self.context.keep_text(read::<String>(json)?.as_bytes())
            }
            // JSON does not have numbers for names of constants, addresses, NaN and the infinities.
            (JsonForm::String, _) => {
                let text = read::<String>(json)?;
                let number = Number::parse(&text).filter(|_| is_written_as_text(scalar));
                let constant = || constant::bits(&self.context.declarations, &text, scalar);
                number.map(|number| number.to_bits(scalar)).or_else(constant).ok_or_else(wrong)?
            }
            _ => Err(wrong()),
        }
    }
}

fn check_length(items: &[&RawValue], expected: usize) -> Result<(), ValueErrorKind> {
    let given = items.len();
    if given == expected { Ok(()) } else { Err(ValueErrorKind::Length { given, expected }) }
}

fn boxed(names: &[&str]) -> Vec<Box<str>> {
    names.iter().copied().map(Box::from).collect()
}

/// The bytes of a member or element.
fn part_of<'a>(bytes: &'a mut [u8], offset: u32, ty: &Type) -> Result<&'a mut [u8], ValueErrorKind> {
    Ok(&mut bytes[offset as usize..][..Extent::of(ty)?.size as usize])
}

/// Returns true if a string may hold a number of this type.
const fn is_written_as_text(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Pointer(_) | Scalar::F32 | Scalar::F64)
}

/// JSON's forms.
#[derive(Clone, Copy, PartialEq)]
enum JsonForm {
    Null,
    Bool(bool),
    Number,
    String,
    Array,
    Object,
}

impl JsonForm {
    /// The first character decides, because the text is known to be JSON.
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
fn read<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, ValueErrorKind> {
    serde_json::from_str(json.get()).map_err(|source| ValueErrorKind::json("a struct", json.get().as_bytes(), source))
}

/// An object's members, and a name that occurs twice.
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
