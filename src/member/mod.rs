//! Members of structs, unions and arrays.

pub(crate) mod error;
#[expect(clippy::module_inception, reason = "the room is named after what this file defines")]
mod member;

pub use error::MemberError;
pub use member::Member;
