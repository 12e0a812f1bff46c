//! Models that make no sense are errors, so that what reads them need not look twice.

use super::{Constant, Double, Integer, Outcome, Role, Test, ValueModel};
use crate::types::{Scalar, Type};

/// Why a [`ValueModel`] makes no sense.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum ModelError {
    #[error("values have 8 or 16 bytes, not {size}")]
    Size { size: u8 },
    #[error("the native function has {parameters} parameters and {roles} roles")]
    Roles { parameters: usize, roles: usize },
    #[error("the native function is variadic")]
    Variadic,
    #[error("no parameter has the role {role}")]
    Missing { role: &'static str },
    #[error("two parameters have the role {role}")]
    Twice { role: &'static str },
    #[error("parameter {} has the role {role} and the type {ty}", index + 1)]
    RoleType { index: usize, role: &'static str, ty: Type },
    #[error("the native function does not return {expected}")]
    Result { expected: &'static str },
    #[error("{class}: {problem}")]
    Class { class: &'static str, problem: &'static str },
}

pub(super) fn check(model: &ValueModel) -> Result<(), ModelError> {
    if !matches!(model.size, 8 | 16) {
        return Err(ModelError::Size { size: model.size });
    }
    check_native(model)?;
    check_outcome(model)?;
    check_integer("integers", model.integer, model.size)?;
    check_integer("wide integers", model.wide, model.size)?;
    check_double(model.double, model.size)?;
    if let Some(boolean) = model.boolean {
        check_test("booleans", boolean.test, model.size)?;
        check_room("booleans", boolean.offset, 1, model.size)?;
        if byte(boolean.zero, boolean.offset) & 1 != 0 {
            return Err(ModelError::Class { class: "booleans", problem: "false has the bit of true" });
        }
        let mut truth = boolean.zero;
        truth[usize::from(boolean.offset / 8)] |= 1 << (boolean.offset % 8 * 8);
        check_member("booleans", boolean.test, boolean.zero)?;
        check_member("booleans", boolean.test, truth)?;
    }
    let constants = [("null", model.null), ("undefined", Some(model.undefined))];
    for (class, Constant { test, value }) in constants.into_iter().filter_map(|(class, it)| Some((class, it?))) {
        check_test(class, test, model.size)?;
        check_member(class, test, value)?;
    }
    Ok(())
}

fn check_native(model: &ValueModel) -> Result<(), ModelError> {
    let params = model.native.params();
    if params.len() != model.roles.len() {
        return Err(ModelError::Roles { parameters: params.len(), roles: model.roles.len() });
    }
    if model.native.first_variadic().is_some() {
        return Err(ModelError::Variadic);
    }
    for (index, (ty, &role)) in params.iter().zip(&model.roles).enumerate() {
        let Some(name) = role_name(role) else { continue };
        let fits = match (role, ty.as_scalar()) {
            (Role::Argc, Some(scalar)) => !scalar.is_float() && scalar.size() >= 4,
            (_, Some(scalar)) => matches!(scalar, Scalar::Pointer(_)),
            (_, None) => false,
        };
        if !fits {
            return Err(ModelError::RoleType { index, role: name, ty: ty.clone() });
        }
        if model.roles[..index].iter().any(|&other| role_name(other) == Some(name)) {
            return Err(ModelError::Twice { role: name });
        }
    }
    for (role, name) in [(Role::Argc, "argc"), (Role::Argv { first: 0 }, "argv")] {
        if model.index(|other| role_name(other) == role_name(role)).is_none() {
            return Err(ModelError::Missing { role: name });
        }
    }
    Ok(())
}

const fn role_name(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Ignored => return None,
        Role::Context => "context",
        Role::Argc => "argc",
        Role::Argv { .. } => "argv",
        Role::Data => "data",
        Role::Exception => "exception",
    })
}

fn check_outcome(model: &ValueModel) -> Result<(), ModelError> {
    let scalar = model.native.result().and_then(Type::as_scalar);
    let size = model.native.result().and_then(|ty| crate::layout::Extent::of(ty).ok()).map(|extent| extent.size);
    let (fits, expected) = match model.outcome {
        Outcome::Returned { .. } => (size == Some(model.size.into()), "a value"),
        Outcome::Stored { .. } => (scalar.is_some_and(|scalar| !scalar.is_float()), "an integer"),
    };
    if fits { Ok(()) } else { Err(ModelError::Result { expected }) }
}

fn check_integer(class: &'static str, integer: Option<Integer>, size: u8) -> Result<(), ModelError> {
    let Some(Integer { test, offset, len, shift, zero }) = integer else { return Ok(()) };
    check_test(class, test, size)?;
    if !matches!(len, 4 | 8) || !offset.is_multiple_of(len) {
        return Err(ModelError::Class { class, problem: "a number has 4 or 8 bytes at a multiple of that" });
    }
    check_room(class, offset, len, size)?;
    if shift >= len * 8 - 8 {
        return Err(ModelError::Class { class, problem: "the shift leaves no room for a number" });
    }
    let payload = u64::MAX >> (64 - u32::from(len) * 8) >> shift << shift << (offset % 8 * 8);
    if zero[usize::from(offset / 8)] & payload != 0 {
        return Err(ModelError::Class { class, problem: "the value of zero has bits of other numbers" });
    }
    check_member(class, test, zero)?;
    let mut ones = zero;
    ones[usize::from(offset / 8)] |= payload;
    check_member(class, test, ones)
}

fn check_double(double: Option<Double>, size: u8) -> Result<(), ModelError> {
    const CLASS: &str = "doubles";
    let Some(Double { test, offset, bias, zero, nan }) = double else { return Ok(()) };
    check_test(CLASS, test, size)?;
    check_room(CLASS, offset, 8, size)?;
    let word = usize::from(offset / 8);
    if offset % 8 != 0 || zero[word] != 0 {
        return Err(ModelError::Class { class: CLASS, problem: "the number takes a word of its own" });
    }
    // Every number is one of the class, so that none is taken for a pointer. Its test sees the bits of the number only where
    // the two share a word.
    let of = |bits: u64| {
        let mut words = zero;
        words[word] = bits.wrapping_add(bias);
        words
    };
    if test.offset / 8 != offset / 8 {
        return check_member(CLASS, test, zero);
    }
    let Some(nan) = nan else {
        return Err(ModelError::Class {
            class: CLASS,
            problem: "numbers are told by their own bits, so every NaN must become one",
        });
    };
    if !f64::from_bits(nan).is_nan() {
        return Err(ModelError::Class { class: CLASS, problem: "the canonical NaN is a number" });
    }
    let all = [0.0, -0.0, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::from_bits(1)];
    all.into_iter().map(f64::to_bits).chain([nan]).try_for_each(|bits| check_member(CLASS, test, of(bits)))
}

fn check_test(class: &'static str, test: Test, size: u8) -> Result<(), ModelError> {
    if !matches!(test.len, 1 | 2 | 4 | 8) || !test.offset.is_multiple_of(test.len) {
        return Err(ModelError::Class { class, problem: "a test reads 1, 2, 4 or 8 bytes at a multiple of that" });
    }
    if test.low > test.high {
        return Err(ModelError::Class { class, problem: "the range of the test is empty" });
    }
    check_room(class, test.offset, test.len, size)
}

fn check_room(class: &'static str, offset: u8, len: u8, size: u8) -> Result<(), ModelError> {
    if u16::from(offset) + u16::from(len) > size.into() {
        return Err(ModelError::Class { class, problem: "it lies outside of the value" });
    }
    Ok(())
}

fn check_member(class: &'static str, test: Test, value: super::Words) -> Result<(), ModelError> {
    if test.holds(value) { Ok(()) } else { Err(ModelError::Class { class, problem: "its values fail its own test" }) }
}

fn byte(words: super::Words, offset: u8) -> u8 {
    words[usize::from(offset / 8)].to_le_bytes()[usize::from(offset % 8)]
}
