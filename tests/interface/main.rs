//! The public interface as a user's crate sees it: options, errors, and structs' bytes by member.

mod builders;
#[cfg(unix)]
mod errors;
mod members;
