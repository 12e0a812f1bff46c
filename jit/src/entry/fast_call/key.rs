//! The key of fast calls: everything that their code depends on.

use crate::c::definitions::Signature;
use crate::c::form::Form;
use crate::c::scalar::{Pointee, Scalar};
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::{Pass, Plan};
use crate::engine::fast_call::model::{FastCallHelpers, FastCallModel};

/// Signatures with equal keys share a template, which each record copies.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FastCallKey {
    pub(crate) model: FastCallModel,
    pub(crate) helpers: FastCallHelpers,
    /// C's convention, which helpers use too.
    pub(crate) abi: Abi,
    /// The canonical plan, from slots to C.
    pub(crate) plan: Plan,
    pub(crate) params: Box<[Form]>,
    pub(crate) result: Form,
}

impl FastCallKey {
    /// Makes the key of a signature from its plan.
    pub(crate) fn of(
        abi: Abi,
        signature: &Signature,
        plan: Plan,
        model: &FastCallModel,
        helpers: FastCallHelpers,
    ) -> Self {
        let mut plan = canonical::outgoing(signature, plan);
        for (arg, ty) in plan.args.iter_mut().zip(signature.params()) {
            // The argument comes as a float, and not as a slot.
            if let (Some(Scalar::F32), Pass::Pieces(pieces)) = (ty.as_scalar(), &mut arg.pass) {
                pieces.iter_mut().for_each(|piece| piece.len = 4);
            }
        }
        Self {
            model: model.clone(),
            helpers,
            abi,
            plan,
            params: signature.params().iter().map(Form::of).collect(),
            result: Form::of(signature.result()).representative(),
        }
    }

    /// Returns true if helpers may copy strings for the call.
    #[cfg(feature = "cranelift")]
    pub(crate) fn takes_text(&self) -> bool {
        self.params.contains(&Form::Scalar(Scalar::Pointer(Pointee::Text)))
    }
}
