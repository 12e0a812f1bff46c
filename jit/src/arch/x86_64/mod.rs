//! x86-64.

pub(crate) mod frames;
pub(crate) mod jump;
pub(crate) mod shim;
pub(crate) mod stub;
