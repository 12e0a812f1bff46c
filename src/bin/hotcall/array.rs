//! Arrays: `3,1,2` or JSON to bytes.

use hotcall::{Extent, Scalar, Type};
use serde_json::value::RawValue;

use crate::buffer::MAX_BUFFER;
use crate::json::encode;
use crate::misfit::{Misfit, MisfitKind};
use crate::store::Store;
use crate::word::value_bits;

/// The bytes of the elements that a word gives: values between commas, or a JSON array.
pub(crate) fn encode_items(items: &[u8], element: Scalar, store: &mut Store) -> Result<Vec<u8>, MisfitKind> {
    let ty = Type::from(element);
    if items.starts_with(b"[") {
        encode_json(items, &ty, store)
    } else if items.is_empty() {
        Ok(Vec::new())
    } else {
        encode_each(items.split(|&byte| byte == b','), &ty, |item, bytes| {
            let bits = value_bits(item, element, store)?.to_le_bytes();
            bytes.copy_from_slice(&bits[..element.size() as usize]);
            Ok(())
        })
    }
}

/// The bytes of the elements of a JSON array.
pub(crate) fn encode_json(items: &[u8], element: &Type, store: &mut Store) -> Result<Vec<u8>, MisfitKind> {
    let items: Vec<&RawValue> =
        serde_json::from_slice(items).map_err(|source| MisfitKind::json("an array", items, source))?;
    encode_each(items, element, |item, bytes| encode(item, element, bytes, store))
}

fn encode_each<T>(
    items: impl IntoIterator<Item = T>,
    element: &Type,
    mut encode: impl FnMut(T, &mut [u8]) -> Result<(), Misfit>,
) -> Result<Vec<u8>, MisfitKind> {
    let size = Extent::of(element)?.size as usize;
    let mut array = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let start = array.len();
        if start + size > MAX_BUFFER {
            return Err(MisfitKind::Memory { len: start + size });
        }
        array.resize(start + size, 0);
        encode(item, &mut array[start..]).map_err(|misfit| MisfitKind::Element {
            index,
            element: element.clone(),
            misfit: Box::new(misfit),
        })?;
    }
    Ok(array)
}
