//! Checks that a native function fits a C function. Inconsistent models are errors, so that machine code need not check
//! them again.

use crate::c::definitions::{Signature, Type};
#[cfg(feature = "cranelift")]
use crate::c::narrowing::Narrowing;
use crate::c::scalar::Scalar;
use crate::engine::fast_call::model::{Exit, FastCallModel, FastCallRole, Handles, MAX_FAST_CALL_PARAMETERS, Small};
use crate::engine::number_object::NumberObjects;
use crate::engine::object::Object;

/// The reason why a native function cannot stand for a C function.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum FastCallError {
    #[error("the native function has {parameters} parameters, more than {max}")]
    Parameters { parameters: usize, max: usize },
    #[error("the native function has {parameters} parameters and {roles} roles")]
    Roles { parameters: usize, roles: usize },
    #[error("the native function is variadic")]
    Variadic,
    #[error("the native function has {native} arguments, and the C function {c}")]
    Arguments { native: usize, c: usize },
    #[error("argument {} comes as {native} and is {c} in C", index + 1)]
    Argument { index: usize, native: Type, c: Type },
    #[error("argument {} comes as a handle and is {c} in C", index + 1)]
    HandleOf { index: usize, c: Type },
    #[error("parameter {} is a pointer by its role, and {ty} by its type", index + 1)]
    Pointer { index: usize, ty: Type },
    #[error("parameter {} refers to handles that the model does not have", index + 1)]
    NoHandles { index: usize },
    #[error("two parameters have the role {role}")]
    Twice { role: &'static str },
    #[error("the native function returns {native}, and the C function {c}")]
    Result { native: &'static str, c: &'static str },
    #[error("no parameter has the role {role}")]
    Missing { role: &'static str },
    #[error(
        "a path to a field is empty, its offset overflows, a check does not read 1, 2, 4 or 8 bytes or wants a value that they cannot have, or bits of a number are missing or shared"
    )]
    Field,
    #[error("integers that are words by themselves are shifted by 1 to 63 bits, not {shift}")]
    Shift { shift: u8 },
}

#[cfg(feature = "cranelift")]
impl Small {
    /// Returns the checks for such integers.
    pub(crate) fn narrowing(self, c: Scalar) -> Option<Narrowing> {
        Narrowing::from_bits(64 - u32::from(self.shift), c)
    }
}

pub(crate) fn check(model: &FastCallModel, c: &Signature) -> Result<(), FastCallError> {
    let params = model.native.params();
    if params.len() > MAX_FAST_CALL_PARAMETERS {
        return Err(FastCallError::Parameters { parameters: params.len(), max: MAX_FAST_CALL_PARAMETERS });
    }
    if params.len() != model.roles.len() {
        return Err(FastCallError::Roles { parameters: params.len(), roles: model.roles.len() });
    }
    if model.native.first_variadic().is_some() {
        return Err(FastCallError::Variadic);
    }
    for (index, (ty, &role)) in params.iter().zip(&model.roles).enumerate() {
        if let FastCallRole::Handle(handles) | FastCallRole::Result(handles) = role
            && model.handles.get(usize::from(handles)).is_none()
        {
            return Err(FastCallError::NoHandles { index });
        }
        if !matches!(role, FastCallRole::Ignored | FastCallRole::Argument) && !is_word(ty) {
            return Err(FastCallError::Pointer { index, ty: ty.clone() });
        }
    }
    check_arguments(model, c)?;
    check_once(model)?;
    check_result(model, c)?;
    model.handles.iter().try_for_each(check_handles)
}

fn check_arguments(model: &FastCallModel, c: &Signature) -> Result<(), FastCallError> {
    let native = model.arguments().count();
    if native != c.params().len() {
        return Err(FastCallError::Arguments { native, c: c.params().len() });
    }
    for (index, ((param, role), c)) in model.arguments().zip(c.params()).enumerate() {
        let native = &model.native.params()[param];
        if matches!(role, FastCallRole::Handle(_)) && !takes_handles(c) {
            return Err(FastCallError::HandleOf { index, c: c.clone() });
        }
        if role == FastCallRole::Argument && !is_converted(native, c) {
            return Err(FastCallError::Argument { index, native: native.clone(), c: c.clone() });
        }
    }
    Ok(())
}

fn check_once(model: &FastCallModel) -> Result<(), FastCallError> {
    let count = |is: fn(&FastCallRole) -> bool| model.roles.iter().filter(|role| is(role)).count();
    if count(|role| matches!(role, FastCallRole::Result(_))) > 1 {
        return Err(FastCallError::Twice { role: "result" });
    }
    match (count(|role| *role == FastCallRole::Exit), model.exit) {
        (0, Exit::Flag { .. }) => Err(FastCallError::Missing { role: "exit" }),
        (0 | 1, _) => Ok(()),
        _ => Err(FastCallError::Twice { role: "exit" }),
    }
}

/// Checks that the result is unchanged or wider; the result of a struct is memory.
fn check_result(model: &FastCallModel, c: &Signature) -> Result<(), FastCallError> {
    let error = |native, c| Err(FastCallError::Result { native, c });
    let has_memory = model.result().is_some();
    match (model.native.result().map(Type::as_scalar), c.result().map(Type::as_scalar)) {
        (None, Some(None)) if !has_memory => Err(FastCallError::Missing { role: "result" }),
        (None, Some(None)) => Ok(()),
        _ if has_memory => error("memory", "none"),
        (None, None) => Ok(()),
        (None, Some(Some(c))) => error("nothing", c.name()),
        (Some(None), _) => error("a struct", "something else"),
        (Some(Some(native)), None) => error(native.name(), "nothing"),
        (Some(Some(native)), Some(None)) => error(native.name(), "a struct"),
        (Some(Some(native)), Some(Some(c))) if is_widened(c, native) => Ok(()),
        (Some(Some(native)), Some(Some(c))) => error(native.name(), c.name()),
    }
}

fn check_handles(handles: &Handles) -> Result<(), FastCallError> {
    if let Some(Small { shift, .. }) = handles.integers.filter(|small| !matches!(small.shift, 1..=63)) {
        return Err(FastCallError::Shift { shift });
    }
    let are_numbers = handles.numbers.as_ref().is_none_or(NumberObjects::is_consistent);
    if are_numbers && handles.objects.iter().all(Object::is_consistent) { Ok(()) } else { Err(FastCallError::Field) }
}

/// Returns true if the type can hold an address.
fn is_word(ty: &Type) -> bool {
    ty.as_scalar().is_some_and(|scalar| is_integer(scalar) && scalar.size() == 8)
}

/// Returns true for integers. Pointers count as integers without a sign.
const fn is_integer(scalar: Scalar) -> bool {
    scalar.is_integer() || matches!(scalar, Scalar::Pointer(_))
}

fn takes_handles(c: &Type) -> bool {
    !c.as_scalar().is_some_and(Scalar::is_float)
}

/// Returns true if an argument can be converted from the native type to the C type.
fn is_converted(native: &Type, c: &Type) -> bool {
    let (Some(native), Some(c)) = (native.as_scalar(), c.as_scalar()) else { return false };
    match (native, c) {
        (Scalar::Bool, Scalar::Bool) => true,
        // An address is not a number.
        (Scalar::Pointer(_), Scalar::Pointer(_)) => true,
        (Scalar::U64 | Scalar::Usize, Scalar::Pointer(_)) | (Scalar::Pointer(_), Scalar::U64 | Scalar::Usize) => true,
        (Scalar::Pointer(_), _) | (_, Scalar::Pointer(_)) => false,
        (Scalar::F64, c) if is_integer(c) => true,
        (native, c) => native.is_float() && c.is_float() || is_integer(native) && is_integer(c),
    }
}

/// Returns true if the native type can hold every value of the C type.
fn is_widened(c: Scalar, native: Scalar) -> bool {
    match (c, native) {
        // A truth value is not an address.
        (Scalar::Bool, Scalar::Pointer(_)) => false,
        (Scalar::Bool, native) => native == Scalar::Bool || is_integer(native),
        (_, Scalar::Bool) => false,
        _ if c.is_float() || native.is_float() => c.is_float() && native.is_float() && c.size() <= native.size(),
        (Scalar::Pointer(_), native) => native.size() == 8 && !native.is_signed(),
        (_, Scalar::Pointer(_)) => c.size() == 8 && !c.is_signed(),
        _ if c.is_signed() == native.is_signed() => c.size() <= native.size(),
        _ => !c.is_signed() && c.size() < native.size(),
    }
}
