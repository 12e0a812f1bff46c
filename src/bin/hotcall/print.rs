//! Values to text: scalars as JavaScript prints them, structs and unions as JSON.
//!
//! Values for which JSON does not have a number are strings, as they are on the way in: addresses (`"0x…"`), `"NaN"`,
//! `"Infinity"`.

use std::ffi::{CStr, c_char};

use hotcall::{Aggregate, AggregateKind, Extent, LayoutError, Scalar, Type, TypeKind};
use hotcall_jit::Places;

use crate::members::{anonymous, are_named};
use crate::number::{self, Class};
use crate::quote::quote;

/// The text at an address; `None` for a null pointer.
///
/// # Safety
///
/// The address is null, or that of bytes which end with a zero and stay as they are while the result is in use.
pub(crate) unsafe fn text<'a>(address: u64) -> Option<&'a CStr> {
    let text = std::ptr::with_exposed_provenance::<c_char>(address as usize);
    // SAFETY: the caller says that a text is there.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// Prints a value as JSON to the end of `out`; `bytes` are exactly as long as the type.
///
/// # Safety
///
/// Each text pointer that is printed (of a union, only the first member's) is as [`text`] asks.
pub(crate) unsafe fn json(out: &mut String, ty: &Type, bytes: &[u8]) -> Result<(), LayoutError> {
    match ty.kind() {
        TypeKind::Scalar(scalar) => {
            // SAFETY: the caller's promise is passed on.
            let scalar = unsafe { json_scalar(number::load(bytes, *scalar), *scalar) };
            out.push_str(&scalar);
            Ok(())
        }
        TypeKind::Array(array) => {
            let size = Extent::of(array.element())?.size as usize;
            out.push('[');
            for index in 0..array.len() as usize {
                separate(out);
                // SAFETY: the caller's promise is passed on.
                unsafe { json(out, array.element(), &bytes[index * size..][..size]) }?;
            }
            out.push(']');
            Ok(())
        }
        TypeKind::Aggregate(aggregate) => {
            let (open, close) = if are_named(aggregate) { ('{', '}') } else { ('[', ']') };
            out.push(open);
            // SAFETY: the caller's promise is passed on.
            unsafe { json_members(out, aggregate, bytes, open == '{') }?;
            out.push(close);
            Ok(())
        }
    }
}

/// The members of a struct, or the first member of a union.
///
/// # Safety
///
/// As for [`json`].
unsafe fn json_members(out: &mut String, aggregate: &Aggregate, bytes: &[u8], named: bool) -> Result<(), LayoutError> {
    let printed = match aggregate.kind() {
        AggregateKind::Struct => aggregate.fields().len(),
        AggregateKind::Union => 1,
    };
    for place in Places::of(aggregate).take(printed) {
        let (offset, field) = place?;
        let bytes = &bytes[offset as usize..][..Extent::of(field.ty())?.size as usize];
        if let (true, Some(inner)) = (named, anonymous(field)) {
            // SAFETY: the caller's promise is passed on.
            unsafe { json_members(out, inner, bytes, named) }?;
            continue;
        }
        separate(out);
        if let (true, Some(name)) = (named, field.name()) {
            out.push_str(&quote(name.as_bytes()));
            out.push(':');
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { json(out, field.ty(), bytes) }?;
    }
    Ok(())
}

/// A comma, unless this is the first member or element.
pub(crate) fn separate(out: &mut String) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
}

/// The elements as a JSON array.
///
/// # Safety
///
/// Text pointers in them are as [`text`] asks.
pub(crate) unsafe fn elements(bytes: &[u8], element: &Type) -> Result<String, LayoutError> {
    let size = Extent::of(element)?.size as usize;
    let mut out = String::from("[");
    // Elements without a size cannot be counted.
    for item in bytes.chunks_exact(size.max(1)) {
        separate(&mut out);
        // SAFETY: the caller's promise is passed on.
        unsafe { json(&mut out, element, item) }?;
    }
    out.push(']');
    Ok(out)
}

/// A value on a line of its own, or among the arguments of a call.
///
/// # Safety
///
/// As for [`json`].
pub(crate) unsafe fn value(ty: &Type, bytes: &[u8]) -> Result<String, LayoutError> {
    if let Some(of) = ty.as_scalar() {
        // SAFETY: the caller's promise is passed on.
        return Ok(unsafe { scalar(number::load(bytes, of), of) });
    }
    let mut out = String::new();
    // SAFETY: the caller's promise is passed on.
    unsafe { json(&mut out, ty, bytes) }?;
    Ok(out)
}

/// A scalar among the arguments of a call: a text in quotes, all else as on a line of its own.
///
/// # Safety
///
/// As for [`json`].
pub(crate) unsafe fn scalar(bits: u64, scalar: Scalar) -> String {
    match Class::of(scalar) {
        // SAFETY: the caller's promise is passed on.
        Class::Text => unsafe { json_scalar(bits, scalar) },
        Class::Signed | Class::Unsigned | Class::Bool | Class::F32 | Class::F64 | Class::Address => {
            number::format(bits, scalar)
        }
    }
}

/// A scalar in JSON.
///
/// # Safety
///
/// As for [`json`].
pub(crate) unsafe fn json_scalar(bits: u64, scalar: Scalar) -> String {
    let plain = number::format(bits, scalar);
    match Class::of(scalar) {
        // SAFETY: the caller says that a text is there.
        Class::Text => unsafe { text(bits) }.map_or(plain, |text| quote(text.to_bytes())),
        Class::Address if bits != 0 => quote(plain.as_bytes()),
        Class::F32 | Class::F64 if plain.ends_with(['N', 'y']) => quote(plain.as_bytes()),
        Class::Signed | Class::Unsigned | Class::Bool | Class::F32 | Class::F64 | Class::Address => plain,
    }
}
