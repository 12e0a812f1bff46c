//! Arrays of scalars: `3,1,2` or JSON to bytes, and bytes to JSON.

use hotcall::{Scalar, Type};
use serde_json::value::RawValue;

use crate::json::{Texts, encode};
use crate::misfit::{Misfit, MisfitKind};
use crate::word::value_bits;
use crate::{number, print};

/// The bytes of the elements that a word gives: values between commas, or a JSON array.
pub(crate) fn encode_items(items: &[u8], element: Scalar, texts: &mut Texts) -> Result<Vec<u8>, MisfitKind> {
    if items.starts_with(b"[") {
        let items: Vec<&RawValue> =
            serde_json::from_slice(items).map_err(|source| MisfitKind::json("an array", items, source))?;
        encode_each(items, element, |item, bytes| encode(item, &Type::from(element), bytes, texts))
    } else if items.is_empty() {
        Ok(Vec::new())
    } else {
        encode_each(items.split(|&byte| byte == b','), element, |item, bytes| {
            let bits = value_bits(item, element, texts)?.to_le_bytes();
            bytes.copy_from_slice(&bits[..element.size() as usize]);
            Ok(())
        })
    }
}

fn encode_each<T>(
    items: impl IntoIterator<Item = T>,
    element: Scalar,
    mut encode: impl FnMut(T, &mut [u8]) -> Result<(), Misfit>,
) -> Result<Vec<u8>, MisfitKind> {
    let mut array = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..element.size() as usize];
        encode(item, bytes).map_err(|misfit| MisfitKind::Element { index, element, misfit: Box::new(misfit) })?;
        array.extend_from_slice(bytes);
    }
    Ok(array)
}

/// The elements as a JSON array.
///
/// # Safety
///
/// Elements that are texts are null, or addresses of bytes that end with a zero.
pub(crate) unsafe fn json(bytes: &[u8], element: Scalar) -> String {
    let items = bytes.chunks_exact(element.size() as usize);
    // SAFETY: the caller's promise is passed on.
    let items = items.map(|item| unsafe { print::json_scalar(number::load(item, element), element) });
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}
