//! The stages of the slots entry, for people.

use crate::c::definitions::Signature;
use crate::codegen::body::Compile;
use crate::codegen::explanation::Explanation;
use crate::convention::abi::Abi;
use crate::entry::slots::key::{Options, SlotsKey};
use crate::error::JitError;

impl Explanation {
    /// Compiles a trampoline of the slots entry and keeps the result of each stage.
    ///
    /// # Errors
    ///
    /// The errors of [`Jit::slots`](crate::Jit::slots).
    pub fn of(signature: &Signature, options: Options) -> Result<Self, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let key = SlotsKey::of(abi, signature, plan.clone(), options);
        match key.assembled() {
            Some(assembled) => Self::assembled(abi, plan, key.plan.clone(), assembled.bytes),
            None => Self::compiled(abi, plan, key.plan.clone(), &key.body()?),
        }
    }
}
