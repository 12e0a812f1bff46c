//! Makes [functions](crate::Function) and [statics](Static) of a library's symbols, by name or by declaration.

mod declared;
pub(crate) mod error;
mod named;
mod statics;
#[expect(clippy::module_inception, reason = "the room is named after what this file defines")]
mod symbols;

pub use declared::Symbol;
pub use error::{StaticError, SymbolError};
pub use statics::Static;
pub use symbols::Symbols;
