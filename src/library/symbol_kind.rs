//! The kinds of symbols.

use std::fmt;

/// The kind of a symbol, according to the library's symbol table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SymbolKind {
    /// A function, or a symbol without a type, which assembly may define.
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
