//! The stages of thunks that call script, for people.

use crate::c::definitions::Signature;
use crate::codegen::explanation::Explanation;
use crate::convention::abi::Abi;
use crate::engine::callback::EngineCallbackHelpers;
use crate::engine::values::model::EngineAbi;
use crate::entry::engine_callback::body::EngineCallbackBody;
use crate::entry::engine_callback::key::EngineCallbackKey;
use crate::error::JitError;

impl Explanation {
    /// Compiles a thunk that calls script and keeps the result of each stage. Functions that it calls are shown by
    /// their addresses.
    ///
    /// # Errors
    ///
    /// The errors of [`Jit::engine_callback`](crate::Jit::engine_callback).
    pub fn engine_callback(
        signature: &Signature,
        engine: &EngineAbi,
        helpers: EngineCallbackHelpers,
    ) -> Result<Self, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let key = EngineCallbackKey::of(abi, signature, plan.clone(), engine, helpers)?;
        Self::compiled(abi, plan, key.callback.plan.clone(), &EngineCallbackBody::of(&key)?)
    }
}
