//! The key of a trampoline: everything that its code depends on.

use crate::c::definitions::Signature;
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::Plan;

/// What a trampoline does besides calling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Write `errno` to the entry's fourth argument straight after the call.
    pub capture_errno: bool,
}

impl Options {
    /// Nothing besides calling.
    pub const fn new() -> Self {
        Self { capture_errno: false }
    }

    /// Sets whether `errno` is written to the entry's fourth argument straight after the call.
    pub const fn capture_errno(self, capture_errno: bool) -> Self {
        Self { capture_errno, ..self }
    }
}

/// Signatures with equal keys share a trampoline.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SlotsKey {
    pub(crate) abi: Abi,
    /// Canonical, from slots to C.
    pub(crate) plan: Plan,
    pub(crate) options: Options,
}

impl SlotsKey {
    /// The key of a signature whose plan this is.
    pub(crate) fn of(abi: Abi, signature: &Signature, plan: Plan, options: Options) -> Self {
        Self { abi, plan: canonical::outgoing(signature, plan), options }
    }
}
