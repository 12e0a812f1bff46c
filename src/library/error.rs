//! Errors of libraries: a library cannot be found or loaded, or does not have a symbol.

use std::ffi::OsString;
use std::fs::FileType;
use std::io;
use std::path::PathBuf;

use super::format::FileFormat;
use super::resolved::Resolved;
use super::symbol_kind::SymbolKind;

/// The library was [closed](crate::Library::close) before a look-up, a call or an access to a variable.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{library} is closed")]
#[non_exhaustive]
pub struct ClosedError {
    /// The library.
    pub library: Resolved,
}

/// The reason why a library cannot be found or loaded, or why a symbol does not have an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum LibraryError {
    /// A library without a name; the process itself is [`Library::this_process`](crate::Library::this_process).
    #[error("the name of the library is empty")]
    EmptyName,
    /// A name that the loader would cut short, because it has a zero byte.
    #[error("the name of the library, {name:?}, has a zero byte in it")]
    NulInName { name: OsString },
    /// The file system does not have such a path, or does not show it.
    #[error("cannot find library {}: {source}", path.display())]
    Resolve { path: PathBuf, source: io::Error },
    /// A directory, a device or the like.
    #[error("library {} is {}, not a file", path.display(), describe(file_type))]
    NotAFile { path: PathBuf, file_type: FileType },
    /// A path that the loader would change: glibc replaces `$ORIGIN`, `$LIB` and `$PLATFORM`, and Windows adds `.dll`
    /// to names without an extension.
    #[error("library {} cannot be loaded by this path: the loader would read another file", path.display())]
    Rewritten { path: PathBuf },
    /// A [`Resolved`] that [`resolve`](crate::resolve) would not have made: a bare name that is empty or a path.
    #[error("{library} is not a resolved library")]
    NotResolved { library: Resolved },
    /// The loader's refusal, in its own words.
    #[error("cannot load {library}: {message}")]
    Load { library: Resolved, message: Box<str> },
    /// The library, or one that it needs, is a file that the loader cannot load. `message` is the loader's refusal.
    #[error("cannot load {library}: {} is {format}, not a shared library for this machine ({message})", file.display())]
    NotALibrary { library: Resolved, file: PathBuf, format: FileFormat, message: Box<str> },
    /// A look-up after [`Library::close`](crate::Library::close).
    #[error(transparent)]
    Closed(#[from] ClosedError),
    /// A symbol without a name.
    #[error("the name of a symbol of {library} is empty")]
    EmptySymbol { library: Resolved },
    /// A name that the loader would cut short, because it has a zero byte.
    #[error("the name of symbol {symbol:?} of {library} has a zero byte in it")]
    NulInSymbol { library: Resolved, symbol: Box<str> },
    /// The library does not have the symbol. `message` is the loader's refusal, `nearest` the nearest name that the
    /// library has.
    #[error("{library} has no symbol {symbol:?}: {message}{}", suggestion(nearest.as_deref()))]
    NoSymbol { library: Resolved, symbol: Box<str>, message: Box<str>, nearest: Option<Box<str>> },
    /// The symbol exists but does not have an address: an indirect function that was not resolved, or an absolute 0.
    #[error("symbol {symbol:?} of {library} has the null address")]
    NullSymbol { library: Resolved, symbol: Box<str> },
    /// A variable that would be called as a function.
    #[error("symbol {symbol:?} of {library} is {kind}, not a function")]
    NotAFunction { library: Resolved, symbol: Box<str>, kind: SymbolKind },
    /// A function that returns again after its caller has returned: `setjmp`, `getcontext`, `vfork` and the like.
    #[error("function {symbol:?} of {library} cannot be called: it returns twice")]
    ReturnsTwice { library: Resolved, symbol: Box<str> },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

fn describe(file_type: &FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a pipe";
        }
        if file_type.is_socket() {
            return "a socket";
        }
        if file_type.is_block_device() || file_type.is_char_device() {
            return "a device";
        }
    }
    if file_type.is_dir() { "a directory" } else { "a special file" }
}
