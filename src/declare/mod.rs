//! Declarations of a library's symbols: built in Rust, read from C text (feature `c-text`) or from Deno's JSON form
//! (feature `json`). All three ways make the same [`Signature`](crate::Signature) and [`Type`](crate::Type).
//!
//! ```
//! use hotcall::declare::{Declaration, Declarations};
//! use hotcall::{Signature, Type};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pow = Signature::new([Type::F64, Type::F64], Type::F64)?;
//! let mut declarations = Declarations::new();
//! declarations.insert(Declaration::function("power", pow).symbol("pow").nonblocking())?;
//! assert_eq!(declarations.get("power")?.symbol_name(), "pow");
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "c-text")]
mod c;
pub(crate) mod declaration;
pub(crate) mod declarations;
pub(crate) mod error;
#[cfg(feature = "json")]
mod json;
pub(crate) mod named;

pub use declaration::{Declaration, FunctionDeclaration, Item, StaticDeclaration};
pub use declarations::Declarations;
pub use error::{DeclarationError, Position};
pub use named::{Constant, NamedType};
