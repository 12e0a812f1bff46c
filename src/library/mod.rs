//! Loaded libraries: from a name to a file, from a file to a mapping, and from a symbol's name to its address.

mod addresses;
pub(crate) mod error;
mod float_environment;
pub(crate) mod format;
mod image;
#[expect(clippy::module_inception, reason = "the room is named after what this file defines")]
pub(crate) mod library;
mod loader;
pub(crate) mod mapping;
mod nearest;
mod options;
mod refused;
mod resolve;
pub(crate) mod resolved;
mod returns_twice;
pub(crate) mod symbol_kind;

pub use error::{ClosedError, LibraryError};
pub use format::{ElfType, FileFormat};
pub use library::Library;
pub use options::{Binding, FloatEnvironment, OpenFlags, Unmapping, Visibility};
pub use resolve::resolve;
pub use resolved::{LibraryPath, Resolved};
pub use symbol_kind::SymbolKind;
