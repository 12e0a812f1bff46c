//! Checks of the functions that make values.

use crate::c::definitions::Type;
use crate::c::scalar::Scalar;
use crate::engine::values::check_parts::{check_test, is_value};
use crate::engine::values::error::ModelError;
use crate::engine::values::make::{MakeFunction, MakeFunctions, MakeRole};
use crate::engine::values::model::ValueModel;

/// The result of C that a function makes values of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Double,
    Signed,
    Unsigned,
    Pointer,
    Bytes,
}

impl Made {
    const fn name(self) -> &'static str {
        match self {
            Self::Double => "doubles",
            Self::Signed => "signed integers",
            Self::Unsigned => "unsigned integers",
            Self::Pointer => "addresses",
            Self::Bytes => "bytes",
        }
    }

    /// Returns true if the type is that of the result.
    const fn is(self, scalar: Scalar) -> bool {
        match self {
            Self::Double => matches!(scalar, Scalar::F64),
            Self::Signed => matches!(scalar, Scalar::I64 | Scalar::Isize),
            Self::Unsigned => matches!(scalar, Scalar::U64 | Scalar::Usize),
            Self::Pointer | Self::Bytes => matches!(scalar, Scalar::Pointer(_)),
        }
    }
}

/// Checks the descriptions of the functions that make values.
pub(crate) fn check_make(model: &ValueModel) -> Result<(), ModelError> {
    let MakeFunctions { number, signed, unsigned, pointer, bytes } = &model.make;
    let functions = [
        (Made::Double, number),
        (Made::Signed, signed),
        (Made::Unsigned, unsigned),
        (Made::Pointer, pointer),
        (Made::Bytes, bytes),
    ];
    functions.into_iter().try_for_each(|(made, function)| match function {
        Some(function) => check_function(made, function, model),
        None => Ok(()),
    })
}

fn check_function(made: Made, function: &MakeFunction, model: &ValueModel) -> Result<(), ModelError> {
    let of = made.name();
    let params = function.native.params();
    if params.len() != function.roles.len() {
        return Err(ModelError::MakeRoles { of, parameters: params.len(), roles: function.roles.len() });
    }
    if function.native.first_variadic().is_some() {
        return Err(ModelError::MakeVariadic { of });
    }
    for (index, (ty, &role)) in params.iter().zip(&function.roles).enumerate() {
        let name = role.name();
        if role != MakeRole::Zero && function.roles[..index].contains(&role) {
            return Err(ModelError::MakeTwice { of, role: name });
        }
        let fits = |scalar: Scalar| match role {
            MakeRole::Length => made == Made::Bytes && scalar.is_integer() && scalar.size() >= 4,
            MakeRole::Context => matches!(scalar, Scalar::Pointer(_)),
            MakeRole::Value => made.is(scalar),
            MakeRole::Zero => scalar.is_integer() || matches!(scalar, Scalar::Pointer(_)),
        };
        if !ty.as_scalar().is_some_and(fits) {
            return Err(ModelError::MakeRoleType { of, index, role: name, ty: ty.clone() });
        }
    }
    let wanted = [Some(MakeRole::Value), (made == Made::Bytes).then_some(MakeRole::Length)];
    if let Some(role) = wanted.into_iter().flatten().find(|role| !function.roles.contains(role)) {
        return Err(ModelError::MakeMissing { of, role: role.name() });
    }
    if function.roles.contains(&MakeRole::Context) && !model.passes_context() {
        return Err(ModelError::MakeContext { of });
    }
    let result = function.native.result();
    if model.indirect {
        // The address of a value.
        if !result.is_some_and(|ty| matches!(ty.as_scalar(), Some(Scalar::Pointer(_)))) {
            return Err(ModelError::MakeResult { of, expected: "an address" });
        }
    } else if !result.is_some_and(|ty: &Type| is_value(ty, model.size)) {
        return Err(ModelError::MakeResult { of, expected: "a value" });
    }
    check_test("exceptions", function.thrown, model.size)
}
