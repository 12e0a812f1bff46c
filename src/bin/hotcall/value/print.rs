//! Values to text: scalars as JavaScript prints them, structs and unions as JSON.
//!
//! Values for which JSON does not have a number are strings, as in the input: addresses (`"0x…"`), `"NaN"`,
//! `"Infinity"`.
//!
//! # Text pointers
//!
//! A text pointer is *readable* if it is null, or the address of bytes that end with a zero. The bytes must not change
//! while they are printed. The declaration, which the user gives, makes this true. Of a union only the first member is
//! printed, and must be readable.

use std::ffi::{CStr, c_char};

use hotcall::{Aggregate, AggregateKind, Extent, LayoutError, Scalar, Type, TypeKind};
use hotcall_jit::Places;

use crate::text::quote::quote;
use crate::value::members::{anonymous, are_named};
use crate::value::scalar::{self, ScalarKind};

/// The text at an address; `None` for a null pointer.
///
/// # Safety
///
/// The address is a readable text pointer, and the bytes do not change while the result is in use.
pub(crate) unsafe fn text<'a>(address: u64) -> Option<&'a CStr> {
    let text = std::ptr::with_exposed_provenance::<c_char>(address as usize);
    // SAFETY: the caller promises that the pointer is readable, and it is not null.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// Prints a value as JSON to the end of `out`. `bytes` has the type's size.
///
/// # Safety
///
/// Text pointers in the value are readable.
pub(crate) unsafe fn json(out: &mut String, ty: &Type, bytes: &[u8]) -> Result<(), LayoutError> {
    match ty.kind() {
        TypeKind::Scalar(of) => {
            // SAFETY: the caller promises that a text pointer is readable.
            out.push_str(&unsafe { json_scalar(scalar::load(bytes, *of), *of) });
            Ok(())
        }
        TypeKind::Array(array) => {
            // SAFETY: the caller promises that text pointers in the elements are readable.
            unsafe { json_elements(out, array.element(), array.len() as usize, bytes) }
        }
        TypeKind::Aggregate(aggregate) => {
            let (open, close) = if are_named(aggregate) { ('{', '}') } else { ('[', ']') };
            out.push(open);
            // SAFETY: the caller promises that text pointers in the members are readable.
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
/// Text pointers in these members are readable.
unsafe fn json_members(out: &mut String, aggregate: &Aggregate, bytes: &[u8], named: bool) -> Result<(), LayoutError> {
    let printed = match aggregate.kind() {
        AggregateKind::Struct => aggregate.fields().len(),
        AggregateKind::Union => 1,
    };
    for place in Places::of(aggregate).take(printed) {
        let (offset, field) = place?;
        let bytes = &bytes[offset as usize..][..Extent::of(field.ty())?.size as usize];
        if let (true, Some(inner)) = (named, anonymous(field)) {
            // SAFETY: the caller promises that text pointers in this member's members are readable.
            unsafe { json_members(out, inner, bytes, named) }?;
            continue;
        }
        separate(out);
        if let (true, Some(name)) = (named, field.name()) {
            out.push_str(&quote(name.as_bytes()));
            out.push(':');
        }
        // SAFETY: the caller promises that text pointers in this member are readable.
        unsafe { json(out, field.ty(), bytes) }?;
    }
    Ok(())
}

/// The first `count` elements as a JSON array.
///
/// # Safety
///
/// Text pointers in these elements are readable.
unsafe fn json_elements(out: &mut String, element: &Type, count: usize, bytes: &[u8]) -> Result<(), LayoutError> {
    let size = Extent::of(element)?.size as usize;
    out.push('[');
    for index in 0..count {
        separate(out);
        // SAFETY: the caller promises that text pointers in this element are readable.
        unsafe { json(out, element, &bytes[index * size..][..size]) }?;
    }
    out.push(']');
    Ok(())
}

/// A comma, unless this is the first member or element.
fn separate(out: &mut String) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
}

/// All elements that lie in these bytes, as a JSON array. Elements without a size cannot be counted, and are omitted.
///
/// # Safety
///
/// Text pointers in the elements are readable.
pub(crate) unsafe fn elements(element: &Type, bytes: &[u8]) -> Result<String, LayoutError> {
    let mut out = String::new();
    let count = bytes.len().checked_div(Extent::of(element)?.size as usize).unwrap_or_default();
    // SAFETY: the caller promises that text pointers in the elements are readable.
    unsafe { json_elements(&mut out, element, count, bytes) }?;
    Ok(out)
}

/// A value, on a line of its own or among the arguments of a call. A text is quoted.
///
/// # Safety
///
/// Text pointers in the value are readable.
pub(crate) unsafe fn value(ty: &Type, bytes: &[u8]) -> Result<String, LayoutError> {
    if let Some(of) = ty.as_scalar() {
        // SAFETY: the caller promises that a text pointer is readable.
        return Ok(unsafe { scalar(scalar::load(bytes, of), of) });
    }
    let mut out = String::new();
    // SAFETY: the caller promises that text pointers in the value are readable.
    unsafe { json(&mut out, ty, bytes) }?;
    Ok(out)
}

/// A scalar, on a line of its own or among the arguments of a call. A text is quoted.
///
/// # Safety
///
/// A text pointer is readable.
pub(crate) unsafe fn scalar(bits: u64, of: Scalar) -> String {
    if ScalarKind::of(of) == ScalarKind::Text {
        // SAFETY: the caller promises that the text pointer is readable.
        return unsafe { json_scalar(bits, of) };
    }
    scalar::format(bits, of)
}

/// A scalar in JSON.
///
/// # Safety
///
/// A text pointer is readable.
unsafe fn json_scalar(bits: u64, of: Scalar) -> String {
    let plain = scalar::format(bits, of);
    let kind = ScalarKind::of(of);
    if kind == ScalarKind::Text {
        // SAFETY: the caller promises that the text pointer is readable.
        return unsafe { text(bits) }.map_or(plain, |text| quote(text.to_bytes()));
    }
    let is_address = kind == ScalarKind::Address && bits != 0;
    // `NaN` and `Infinity` are not numbers in JSON.
    if is_address || plain.ends_with(['N', 'y']) { quote(plain.as_bytes()) } else { plain }
}
