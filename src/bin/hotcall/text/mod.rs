//! Text for people: quoted and shortened texts, excerpts with a caret, names of errors, and suggestions.

pub(crate) mod errno;
pub(crate) mod excerpt;
pub(crate) mod quote;
pub(crate) mod suggestion;
