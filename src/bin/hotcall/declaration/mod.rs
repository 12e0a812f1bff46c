//! From a text of declarations to the function that a command is about.

pub(crate) mod arguments;
pub(crate) mod error;
pub(crate) mod function;
pub(crate) mod header;
pub(crate) mod source;
