//! x86-64.

pub(crate) mod epilogue;
pub(crate) mod frames;
pub(crate) mod jump;
pub(crate) mod shim;
pub(crate) mod slot_jump;
pub(crate) mod stub;
pub(crate) mod thread_variable;
