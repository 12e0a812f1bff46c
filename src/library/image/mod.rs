//! The symbol tables of loaded libraries: the kinds of symbols, and their names.
//!
//! The tables are read from memory, as the loader reads them, on Linux with glibc. Elsewhere nothing is known.

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod glibc;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod table;
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
mod unknown;

use std::fmt;

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
pub(super) use self::glibc::{Image, all_names, is_defined_beside, kind_elsewhere};
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
pub(super) use self::unknown::{Image, all_names, is_defined_beside, kind_elsewhere};

/// The kind of a symbol, as the library's symbol table has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SymbolKind {
    /// A function, or a symbol without a type, as assembly has them.
    Function,
    /// A variable.
    Variable,
    /// A variable of which each thread has its own (`_Thread_local`).
    ThreadLocal,
}

impl fmt::Display for SymbolKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function => "a function",
            Self::Variable => "a variable",
            Self::ThreadLocal => "a thread-local variable",
        })
    }
}
