//! Finds the function that a command is about in a text of declarations.

pub(crate) mod arguments;
pub(crate) mod error;
pub(crate) mod function;
pub(crate) mod header;
pub(crate) mod source;
