//! Code that the benchmarks share: the twelve shapes, for C and for libffi.

pub(crate) mod c;
pub(crate) mod libffi_types;
pub(crate) mod shapes;
