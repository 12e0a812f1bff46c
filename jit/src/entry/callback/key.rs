//! The key of a thunk: everything that its code depends on.

use crate::c::definitions::{Signature, Type};
use crate::c::scalar::Scalar;
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::Plan;
use crate::convention::spare::Spare;

/// Signatures with equal keys share a thunk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CallbackKey {
    pub(crate) abi: Abi,
    /// The canonical plan, from C to slots.
    pub(crate) plan: Plan,
    /// True if the result is a `bool`. C expects 0 or 1 then.
    pub(crate) returns_bool: bool,
}

impl CallbackKey {
    /// Makes the key of a signature from its plan.
    pub(crate) fn of(abi: Abi, signature: &Signature, plan: Plan) -> Self {
        let returns_bool = signature.result().and_then(Type::as_scalar) == Some(Scalar::Bool);
        Self { abi, plan: canonical::incoming(signature, plan), returns_bool }
    }

    /// Returns the place in which stubs hand their cell to the thunk.
    pub(crate) fn spare(&self) -> Spare {
        Spare::of(self.abi.convention(), &self.plan)
    }
}
