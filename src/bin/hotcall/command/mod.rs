//! The commands: their arguments, their work, and the errors that end them.

pub(crate) mod call;
pub(crate) mod error;
pub(crate) mod exit;
pub(crate) mod explain;
pub(crate) mod options;
pub(crate) mod signature;
