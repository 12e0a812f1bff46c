//! The key of native functions: everything that their code depends on.

use crate::c::definitions::Signature;
use crate::c::form::Form;
use crate::c::scalar::Scalar;
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::Plan;
use crate::engine::values::model::EngineAbi;

/// Signatures with equal keys share a native function; models are compared by their contents.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct EngineValuesKey {
    pub(crate) engine: EngineAbi,
    pub(crate) abi: Abi,
    /// Canonical, from slots to C.
    pub(crate) plan: Plan,
    /// `None`: a struct or union.
    pub(crate) params: Box<[Option<Scalar>]>,
    pub(crate) result: Form,
}

impl EngineValuesKey {
    /// The key of a signature whose plan this is.
    pub(crate) fn of(abi: Abi, signature: &Signature, plan: Plan, engine: &EngineAbi) -> Self {
        Self {
            engine: engine.clone(),
            abi,
            plan: canonical::outgoing(signature, plan),
            params: signature.params().iter().map(|ty| ty.as_scalar().map(Scalar::representative)).collect(),
            result: Form::of(signature.result()).representative(),
        }
    }

    /// The number of parameters of types that a helper converts, and may pin.
    #[cfg(feature = "cranelift")]
    pub(crate) fn pinnable(&self) -> usize {
        self.params.iter().filter(|param| param.is_none_or(is_pinnable)).count()
    }

    /// Arguments go to a buffer of slots before they go to their places.
    #[cfg(feature = "cranelift")]
    pub(crate) fn is_buffered(&self) -> bool {
        self.params.len() > MAX_IN_REGISTERS || self.params.iter().any(|param| param.is_none_or(may_need_helper))
    }
}

/// More parameters than this are unpacked to memory: a number that waits in a register while others are unpacked makes compiling
/// take longer for each of them.
#[cfg(feature = "cranelift")]
const MAX_IN_REGISTERS: usize = 14;

/// Whether arguments of the type may be converted by a helper: those that are pinned, and integers that have no class.
#[cfg(feature = "cranelift")]
pub(crate) const fn may_need_helper(scalar: Scalar) -> bool {
    is_pinnable(scalar) || (scalar.size() == 8 && !scalar.is_float())
}

/// Whether arguments of the type may be pinned, and are always converted by a helper.
#[cfg(feature = "cranelift")]
pub(crate) const fn is_pinnable(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Pointer(_))
}
