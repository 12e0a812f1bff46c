//! Code in builds without a generator.

use std::convert::Infallible;
use std::sync::atomic::AtomicUsize;

/// Code, of which there is none.
pub(crate) struct Code(Infallible);

/// The counters of a generator's code.
pub(crate) struct Counters {
    pub(crate) functions: AtomicUsize,
    pub(crate) code_bytes: AtomicUsize,
    pub(crate) mapped_bytes: AtomicUsize,
}

impl Code {
    pub(crate) const fn entry(&self) -> *const u8 {
        match self.0 {}
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        match self.0 {}
    }
}
