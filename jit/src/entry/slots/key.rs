//! The key of a trampoline: everything that its code depends on.

use crate::c::definitions::Signature;
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::Plan;

/// The actions of a trampoline besides calling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct Options {
    /// True to write `errno` to the entry's fourth argument immediately after the call.
    pub capture_errno: bool,
}

impl Options {
    /// Returns options without further actions.
    pub const fn new() -> Self {
        Self { capture_errno: false }
    }

    /// Sets whether `errno` is written to the entry's fourth argument immediately after the call.
    pub const fn capture_errno(self, capture_errno: bool) -> Self {
        Self { capture_errno, ..self }
    }
}

/// Signatures with equal keys share a trampoline.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SlotsKey {
    pub(crate) abi: Abi,
    /// The canonical plan, from slots to C.
    pub(crate) plan: Plan,
    pub(crate) options: Options,
}

impl SlotsKey {
    /// Makes the key of a signature from its plan.
    pub(crate) fn of(abi: Abi, signature: &Signature, plan: Plan, options: Options) -> Self {
        Self { abi, plan: canonical::outgoing(signature, plan), options }
    }
}
