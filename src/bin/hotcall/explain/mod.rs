//! Explanations of a declaration, stage by stage, for people and for programs.

pub(crate) mod explained;
mod json;
pub(crate) mod passing;
mod text;
pub(crate) mod types;
