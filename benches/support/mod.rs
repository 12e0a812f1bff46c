//! What the benchmarks share: the twelve shapes, and how C and libffi are given them.

pub(crate) mod c;
pub(crate) mod libffi_types;
pub(crate) mod shapes;
