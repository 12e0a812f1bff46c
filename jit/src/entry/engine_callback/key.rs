//! The key of thunks that call script: everything that their code depends on.

use crate::c::definitions::Signature;
use crate::c::form::Form;
use crate::c::scalar::Scalar;
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::Plan;
use crate::engine::callback::EngineCallbackHelpers;
use crate::engine::values::model::{CallFunction, EngineAbi};
use crate::entry::callback::key::CallbackKey;
use crate::error::JitError;

/// The largest number of parameters of a compiled thunk. Callbacks with more are handled without machine code of their
/// own, because compiling takes longer with each parameter.
pub(crate) const MAX_COMPILED: usize = 32;

/// Signatures with equal keys share a thunk; models are compared by their contents.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct EngineCallbackKey {
    pub(crate) callback: CallbackKey,
    pub(crate) engine: EngineAbi,
    pub(crate) helpers: EngineCallbackHelpers,
    /// The types of the parameters; `None` is a struct or union.
    pub(crate) params: Box<[Option<Scalar>]>,
    pub(crate) result: Form,
    /// The canonical plan of the engine's call function.
    pub(crate) call_plan: Plan,
}

impl EngineCallbackKey {
    /// Makes the key of a signature from its plan.
    ///
    /// # Errors
    ///
    /// The model does not have a call function, or that function exceeds a limit.
    pub(crate) fn of(
        abi: Abi,
        signature: &Signature,
        plan: Plan,
        engine: &EngineAbi,
        helpers: EngineCallbackHelpers,
    ) -> Result<Self, JitError> {
        let call = call_function(engine)?;
        Ok(Self {
            callback: CallbackKey::of(abi, signature, plan),
            engine: engine.clone(),
            helpers,
            params: signature.params().iter().map(|ty| ty.as_scalar().map(Scalar::representative)).collect(),
            result: Form::of(signature.result()).representative(),
            call_plan: canonical::outgoing(&call.native, abi.plan(&call.native)?),
        })
    }
}

/// Returns the model's call function.
pub(crate) fn call_function(engine: &EngineAbi) -> Result<&CallFunction, JitError> {
    engine.model().call.as_ref().ok_or(JitError::CallFunction)
}
