//! The C function behind a record, as conversions see it.

use super::form::Form;
use super::problem::Problem;
use crate::error::Error;
use crate::function::Function;

/// A C function with the forms of its parameters and result.
pub(super) struct FunctionForms {
    pub(super) function: Function,
    params: Box<[Form]>,
    pub(super) result: Option<Form>,
}

impl FunctionForms {
    pub(super) fn of(function: &Function) -> Self {
        let signature = function.signature();
        Self {
            function: function.clone(),
            params: signature.params().iter().map(Form::of).collect(),
            result: signature.result().map(Form::of),
        }
    }

    /// The form of an argument. Behind the arguments comes the memory for the result.
    #[inline]
    pub(super) fn argument(&self, index: usize) -> Option<Form> {
        self.params.get(index).copied().or(self.result)
    }

    /// The error for an argument that has a problem.
    pub(super) fn refused(&self, index: usize, problem: Problem) -> Option<Error> {
        let signature = self.function.signature();
        let ty = signature.params().get(index).or(signature.result())?.clone();
        Some(Error::Argument { function: self.function.name().into(), index, ty, problem })
    }

    /// The error for a call of a record without a target.
    pub(super) fn closed(&self) -> Error {
        let closed = self.function.library().and_then(|library| library.check_open().err());
        closed.unwrap_or_else(|| Error::NullFunction { function: self.function.name().into() })
    }
}
