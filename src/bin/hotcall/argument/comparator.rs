//! The callback that orders two elements, for `qsort` and its like.

use std::cmp::Ordering;

use hotcall::{Callback, OnPanic, Scalar, Signature, Slot, Thunk, Type};
use hotcall_jit::numbers;

use crate::argument::word::scalar_named;
use crate::value::error::ValueErrorKind;
use crate::value::print;
use crate::value::scalar::{ScalarKind, float, load};

/// Makes an `int (const void *, const void *)` that orders two elements of the named type. A dash before the name
/// reverses the order.
pub(crate) fn make(order: &[u8]) -> Result<Callback, ValueErrorKind> {
    let name = order.strip_prefix(b"-").unwrap_or(order);
    let scalar = scalar_named(name).ok_or_else(|| ValueErrorKind::type_name(name))?;
    let descending = name.len() < order.len();
    let signature = Signature::new([Type::POINTER, Type::POINTER], Type::I32).map_err(hotcall::Error::from)?;
    Ok(Callback::sync(&Thunk::new(&signature)?, OnPanic::Catch, move |call| {
        // SAFETY: by the user's declaration, the library calls the comparator with the addresses of elements of this
        // type.
        let [a, b] = [0, 1].map(|index| unsafe { element(call.slots()[index], scalar) });
        // SAFETY: by the user's declaration, elements of type `text` are readable text pointers.
        let ordering = unsafe { order_of(a, b, scalar) };
        let ordering = if descending { ordering.reverse() } else { ordering };
        call.set(ordering as i32).expect("the result is an int");
    })?)
}

/// # Safety
///
/// The slot is the address of a value of this type.
unsafe fn element(address: Slot, scalar: Scalar) -> u64 {
    // SAFETY: the caller promises that the slot is the address of a value of this type.
    load(unsafe { std::slice::from_raw_parts(address.as_ptr(), scalar.size() as usize) }, scalar)
}

/// Orders numbers by their values, with NaN last, and texts as `strcmp` does, with null first.
///
/// # Safety
///
/// Text pointers are readable ([`mod@print`]).
unsafe fn order_of(a: u64, b: u64, scalar: Scalar) -> Ordering {
    match ScalarKind::of(scalar) {
        ScalarKind::F32 | ScalarKind::F64 => order_of_floats(float(a, scalar), float(b, scalar)),
        // SAFETY: the caller promises that both text pointers are readable.
        ScalarKind::Text => unsafe { print::text(a).cmp(&print::text(b)) },
        ScalarKind::Signed => (a as i64).cmp(&(b as i64)),
        ScalarKind::Unsigned | ScalarKind::Bool | ScalarKind::Address => a.cmp(&b),
    }
}

/// Orders numbers by their bits, NaN last. A library may have set DAZ, with which denormal numbers equal 0.
fn order_of_floats(a: f64, b: f64) -> Ordering {
    let place = |number: f64| {
        let size = number.abs().to_bits() as i64;
        (numbers::is_nan(number), if number.is_sign_negative() { -size } else { size })
    };
    match (place(a), place(b)) {
        ((true, _), (true, _)) => Ordering::Equal,
        (a, b) => a.cmp(&b),
    }
}
