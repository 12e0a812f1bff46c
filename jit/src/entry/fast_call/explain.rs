//! The stages of the fast-call entry, for people.

use crate::arch::x86_64::jump;
use crate::c::definitions::Signature;
use crate::codegen::explanation::Explanation;
use crate::convention::abi::Abi;
use crate::engine::fast_call::check::check;
use crate::engine::fast_call::model::{FastCallHelpers, FastCallModel};
use crate::entry::fast_call::call::FastCallBody;
use crate::entry::fast_call::key::FastCallKey;
use crate::entry::fast_call::moves;
use crate::entry::fast_call::needs::Needs;
use crate::error::JitError;

impl Explanation {
    /// Makes a native function of the fast-call entry and keeps the result of each stage. The holes, which each record
    /// fills with its own addresses, are zero. A function that only checks and moves its arguments is assembled,
    /// without IR.
    ///
    /// # Errors
    ///
    /// The errors of [`Jit::fast_call`](crate::Jit::fast_call).
    pub fn fast_call(signature: &Signature, model: &FastCallModel, helpers: FastCallHelpers) -> Result<Self, JitError> {
        check(model, signature)?;
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let key = FastCallKey::of(abi, signature, plan.clone(), model, helpers);
        let needs = Needs::of(&key);
        let body = FastCallBody::of(&key, &needs)?;
        match moves::jump(&body) {
            Some(jump) => Self::assembled(abi, plan, key.plan.clone(), jump::assemble(&jump).bytes),
            None => Self::compiled(abi, plan, key.plan.clone(), &body),
        }
    }
}
