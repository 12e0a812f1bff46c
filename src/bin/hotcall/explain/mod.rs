//! What each stage makes of a declaration, for people and for programs.

pub(crate) mod explained;
mod json;
pub(crate) mod passing;
mod text;
pub(crate) mod types;
