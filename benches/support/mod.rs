//! What the benchmarks share: the twelve shapes, and for each of them the ways to call it that are compared.

pub(crate) mod c;
pub(crate) mod contenders;
pub(crate) mod shapes;
