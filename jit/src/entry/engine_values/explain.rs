//! The stages of the engine-values entry, for people.

use crate::c::definitions::Signature;
use crate::codegen::explanation::Explanation;
use crate::convention::abi::Abi;
use crate::engine::values::model::EngineAbi;
use crate::entry::engine_values::call::EngineValuesBody;
use crate::entry::engine_values::call_parts::CallParts;
use crate::entry::engine_values::key::EngineValuesKey;
use crate::entry::engine_values::readers::ReaderAddresses;
use crate::error::JitError;

impl Explanation {
    /// Compiles a native function of the engine-values entry and keeps the result of each stage. Functions that it
    /// calls besides C's are shown by their addresses.
    ///
    /// # Errors
    ///
    /// The errors of [`Jit::engine_values`](crate::Jit::engine_values).
    pub fn engine_values(signature: &Signature, engine: &EngineAbi) -> Result<Self, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let key = EngineValuesKey::of(abi, signature, plan.clone(), engine, None);
        Self::compiled(
            abi,
            plan,
            key.plan.clone(),
            &EngineValuesBody::of(&key, CallParts::new(), &ReaderAddresses::unknown(&key))?,
        )
    }
}
