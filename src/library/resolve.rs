//! Finds the file of a library, without loading it. Between this step and loading, a runtime asks for permission.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{self, Path};

use super::error::LibraryError;
use super::resolved::{LibraryPath, Resolved};

/// Finds the library that a name stands for, without loading it.
///
/// A name with a path separator is a path: it must exist and lead to a file. For any other name, the system's loader
/// searches the places of its own configuration when the library is opened. Windows searches the current directory too.
/// macOS keeps its own libraries in one cache, without files, so they are found by bare names alone.
///
/// A runtime asks for permission with the result, and then opens that library with
/// [`Library::open_resolved`](crate::Library::open_resolved). In between, anyone who may write to a directory of the
/// path can still replace the file or a link. To confine scripts to some directories, a runtime opens a path whose
/// links all lie in these directories and do not leave them. The canonical path does not have links.
///
/// While a library is loaded, the loader does not open a file of an equal path again. It gives the loaded library, even
/// if the path leads to another file by now.
///
/// # Errors
///
/// The name is empty or has a zero byte. Or the path does not exist, is not a file, or would be changed by the loader.
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

/// Tells a file from another one whose path is the text that a link in `/proc` shows for a deleted file.
#[cfg(unix)]
fn is_same_file(path: &Path, file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    path.metadata().is_ok_and(|other| (other.dev(), other.ino()) == (file.dev(), file.ino()))
}

/// Windows does not have links that show a path which leads nowhere.
#[cfg(not(unix))]
const fn is_same_file(_path: &Path, _file: &Metadata) -> bool {
    true
}

/// Checks that the loader will find the library that `resolved` names. All values that [`resolve`] makes pass.
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

/// Returns true if the loader treats the name as a path. On Windows a drive makes a path too (`c:file.dll`).
fn is_path(name: &OsStr) -> bool {
    let separator = |&byte: &u8| path::is_separator(byte.into()) || cfg!(windows) && byte == b':';
    name.as_encoded_bytes().iter().any(separator)
}

/// glibc expands these tokens in every path that it gets, also with braces (ld.so(8), "Dynamic string tokens").
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
