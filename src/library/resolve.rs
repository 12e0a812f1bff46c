//! From a library's name to what the loader will be given: the step at which a runtime asks for permission.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{self, Path};

use super::error::LibraryError;
use super::resolved::{LibraryPath, Resolved};

/// Finds the library that a name stands for, without loading it.
///
/// A name with a path separator is a path: it must exist and lead to a file. Any other name is searched
/// for by the system's loader when it is opened, in the places of its own configuration; Windows searches the current
/// directory too. (macOS keeps its own libraries in one cache, without files: they are found by bare names alone.)
///
/// A runtime asks for permission with the answer and then opens exactly it with
/// [`Library::open_resolved`](crate::Library::open_resolved). Whoever may write to a directory on the way can still put
/// another file or link there in between. A runtime that confines scripts to some directories therefore opens a
/// path whose links are all in these directories and do not pass through others: the canonical path, if no other will do.
///
/// The loader does not open a file again while a library is loaded that was opened by the same path. It gives that
/// library, even if the path leads to another file by now.
///
/// # Errors
///
/// The name is empty or has a zero byte; the path does not exist, is not a file, or is one that the loader would rewrite.
pub fn resolve(name: impl AsRef<OsStr>) -> Result<Resolved, LibraryError> {
    let name = name.as_ref();
    if name.is_empty() {
        return Err(LibraryError::EmptyName);
    }
    check_nul(name)?;
    if !is_path(name) {
        return Ok(Resolved::Searched(name.to_owned()));
    }
    let fail = |source| LibraryError::Resolve { path: name.into(), source };
    let metadata = Path::new(name).metadata().map_err(fail)?;
    let given = path::absolute(name).map_err(fail)?;
    if !metadata.is_file() {
        return Err(LibraryError::NotAFile { path: given, file_type: metadata.file_type() });
    }
    check_rewriting(&given)?;
    let canonical = given.canonicalize().ok().filter(|path| is_same_file(path, &metadata));
    Ok(Resolved::Path(LibraryPath::new(given, canonical)))
}

/// Tells a file from another one that merely has the path which a link in `/proc` shows for a deleted file.
#[cfg(unix)]
fn is_same_file(path: &Path, file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    path.metadata().is_ok_and(|other| (other.dev(), other.ino()) == (file.dev(), file.ino()))
}

/// Windows has no links that show a path which does not lead anywhere.
#[cfg(not(unix))]
const fn is_same_file(_path: &Path, _file: &Metadata) -> bool {
    true
}

/// Checks that the loader will find what `resolved` says. That holds for all values that [`resolve`] makes.
pub(super) fn check(resolved: &Resolved) -> Result<(), LibraryError> {
    match resolved {
        Resolved::Searched(name) if !is_path(name) && !name.is_empty() => check_nul(name),
        Resolved::Searched(_) => Err(LibraryError::NotResolved { library: resolved.clone() }),
        // Only `resolve` makes paths.
        Resolved::Path(_) | Resolved::Process => Ok(()),
    }
}

fn check_nul(name: &OsStr) -> Result<(), LibraryError> {
    if name.as_encoded_bytes().contains(&0) { Err(LibraryError::NulInName { name: name.to_owned() }) } else { Ok(()) }
}

/// Tells if the loader takes the name for a path. On Windows a drive makes a path too (`c:file.dll`).
fn is_path(name: &OsStr) -> bool {
    let separator = |&byte: &u8| path::is_separator(byte.into()) || cfg!(windows) && byte == b':';
    name.as_encoded_bytes().iter().any(separator)
}

/// glibc expands these in every path it is given (ld.so(8), "Dynamic string tokens"), also written with braces.
#[cfg(unix)]
fn check_rewriting(path: &Path) -> Result<(), LibraryError> {
    let tokens = ["$ORIGIN", "$LIB", "$PLATFORM", "${ORIGIN}", "${LIB}", "${PLATFORM}"];
    let bytes = path.as_os_str().as_encoded_bytes();
    let has = |token: &str| bytes.windows(token.len()).any(|window| window == token.as_bytes());
    if tokens.into_iter().any(has) { Err(LibraryError::Rewritten { path: path.into() }) } else { Ok(()) }
}

/// `LoadLibraryExW` adds `.dll` to a name without an extension.
#[cfg(windows)]
fn check_rewriting(path: &Path) -> Result<(), LibraryError> {
    if path.extension().is_none() { Err(LibraryError::Rewritten { path: path.into() }) } else { Ok(()) }
}
