//! Errors for libraries that the loader refuses.

use std::path::{Path, PathBuf};

use super::error::LibraryError;
use super::format::FileFormat;
use super::loader::Refusal;
use super::resolved::Resolved;

/// The error for a library that was not loaded: the loader's message, and the format of the file that it refused.
pub(super) fn refused(library: &Resolved, Refusal(message): Refusal) -> LibraryError {
    let library = library.clone();
    let Some(file) = refused_file(&library, &message) else { return LibraryError::Load { library, message } };
    match FileFormat::of_file(&file) {
        Some(format) => LibraryError::NotALibrary { library, file, format, message },
        None => LibraryError::Load { library, message },
    }
}

/// The file that a refusal is about. Only the message names the file of a library that was searched for, or needed by
/// another one.
fn refused_file(library: &Resolved, message: &str) -> Option<PathBuf> {
    let named = || {
        // "dlopen failed: /path: reason". The path may have colons of its own.
        let path = &message[message.find('/')?..];
        path.match_indices(": ").map(|(end, _)| Path::new(&path[..end])).find(|path| path.is_file())
    };
    let given = || if let Resolved::Path(path) = library { Some(path.given()) } else { None };
    named().or_else(given).map(Path::to_owned)
}
