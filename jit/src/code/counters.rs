//! Counters of a generator's code.

use std::sync::atomic::AtomicUsize;

/// The counters of one generator.
#[derive(Default, Debug)]
pub(crate) struct Counters {
    pub(crate) functions: AtomicUsize,
    pub(crate) code_bytes: AtomicUsize,
    pub(crate) mapped_bytes: AtomicUsize,
}
