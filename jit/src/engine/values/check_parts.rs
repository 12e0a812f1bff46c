//! Checks of the parts that several descriptions of a model have.

use crate::c::definitions::Type;
use crate::c::layout::Extent;
use crate::c::scalar::Scalar;
use crate::engine::test::Test;
use crate::engine::values::error::ModelError;

/// Checks a test of a class whose values have `size` bytes.
pub(crate) fn check_test(class: &'static str, test: Test, size: u8) -> Result<(), ModelError> {
    if !matches!(test.len, 1 | 2 | 4 | 8) || !test.offset.is_multiple_of(test.len) {
        return Err(ModelError::ModelClass { class, problem: "a test reads 1, 2, 4 or 8 bytes at a multiple of that" });
    }
    if test.low > test.high {
        return Err(ModelError::ModelClass { class, problem: "the range of the test is empty" });
    }
    check_room(class, test.offset, test.len, size)
}

/// Checks that a field of `len` bytes lies in a value of `size` bytes.
pub(crate) fn check_room(class: &'static str, offset: u8, len: u8, size: u8) -> Result<(), ModelError> {
    if u16::from(offset) + u16::from(len) > size.into() {
        return Err(ModelError::ModelClass { class, problem: "it lies outside of the value" });
    }
    Ok(())
}

/// Returns true if the type can be the type of a value: a struct or union, or an integer or pointer, of its size.
pub(crate) fn is_value(ty: &Type, size: u8) -> bool {
    let holds_bits = |scalar: Scalar| scalar.is_integer() || matches!(scalar, Scalar::Pointer(_));
    ty.as_scalar().is_none_or(holds_bits) && Extent::of(ty).is_ok_and(|extent| extent.size == size.into())
}
