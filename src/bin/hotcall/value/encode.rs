//! Words to the bytes of values: one value, `3,1,2`, or JSON.

use hotcall::{Extent, Scalar, Type};
use serde_json::value::RawValue;

use crate::value::context::{ValueContext, check_memory};
use crate::value::error::{ValueError, ValueErrorKind};
use crate::value::{json, plain_word, scalar};

/// The bytes of one value: of a scalar as a word, of a struct or union as JSON.
pub(crate) fn encode_value(word: &[u8], ty: &Type, context: &mut ValueContext) -> Result<Vec<u8>, ValueError> {
    let mut bytes = vec![0; Extent::of(ty).map_err(ValueErrorKind::from)?.size as usize];
    match ty.as_scalar() {
        Some(of) => scalar::store(plain_word::bits(word, of, context)?, &mut bytes),
        None => {
            let value =
                serde_json::from_slice(word).map_err(|source| ValueErrorKind::json("a struct", word, source))?;
            json::encode(value, ty, &mut bytes, context)?;
        }
    }
    Ok(bytes)
}

/// The bytes of the elements that a word gives: values between commas, or a JSON array.
pub(crate) fn encode_items(
    items: &[u8],
    element: Scalar,
    context: &mut ValueContext,
) -> Result<Vec<u8>, ValueErrorKind> {
    let ty = Type::from(element);
    if items.starts_with(b"[") {
        encode_json_items(items, &ty, context)
    } else if items.is_empty() {
        Ok(Vec::new())
    } else {
        encode_each(items.split(|&byte| byte == b','), &ty, |item, bytes| {
            scalar::store(plain_word::bits(item, element, context)?, bytes);
            Ok(())
        })
    }
}

/// The bytes of the elements of a JSON array.
pub(crate) fn encode_json_items(
    items: &[u8],
    element: &Type,
    context: &mut ValueContext,
) -> Result<Vec<u8>, ValueErrorKind> {
    let items: Vec<&RawValue> =
        serde_json::from_slice(items).map_err(|source| ValueErrorKind::json("an array", items, source))?;
    encode_each(items, element, |item, bytes| json::encode(item, element, bytes, context))
}

fn encode_each<T>(
    items: impl IntoIterator<Item = T>,
    element: &Type,
    mut encode: impl FnMut(T, &mut [u8]) -> Result<(), ValueError>,
) -> Result<Vec<u8>, ValueErrorKind> {
    let size = Extent::of(element)?.size as usize;
    let mut array = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let start = array.len();
        check_memory(start + size)?;
        array.resize(start + size, 0);
        encode(item, &mut array[start..]).map_err(|error| ValueErrorKind::Element {
            index,
            element: element.clone(),
            error: Box::new(error),
        })?;
    }
    Ok(array)
}
