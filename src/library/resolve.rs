//! From a library's name to what the loader will be given: the step at which a runtime asks for permission.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::Metadata;
use std::path::{self, Path, PathBuf};

use crate::error::Error;

/// The library that would be loaded.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Resolved {
    /// The file that this path leads to.
    Path(LibraryPath),
    /// The library that the system's loader finds under this name. It searches its own list of places, and takes a library
    /// of this name that is loaded already.
    Searched(OsString),
    /// The running program and the libraries it was linked with.
    Process,
}

/// The path of a library: the one that the loader gets, and the one that permissions are for. Made by [`resolve`].
///
/// The loader gets the path that was given, made absolute. Symbolic links stay in it, because the loader replaces
/// `$ORIGIN` in the library's `RUNPATH` by the directory of this path: a library that Bazel, Nix or Guix reach through
/// a link has its neighbours beside the link.
///
/// To open the file by another of its paths, [`resolve`] that path.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LibraryPath {
    given: PathBuf,
    canonical: Option<PathBuf>,
}

impl LibraryPath {
    /// The path as it was given, made absolute. Symbolic links are left in it, and so is `..`, except on Windows. The loader
    /// gets this path.
    pub fn given(&self) -> &Path {
        &self.given
    }

    /// The absolute path without symbolic links and `..` that led to the file when it was resolved.
    ///
    /// `None` if the file does not have a path: a `memfd` or a deleted file, given as `/proc/self/fd/N`.
    pub fn canonical(&self) -> Option<&Path> {
        self.canonical.as_deref()
    }
}

impl fmt::Display for LibraryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.given.display().fmt(f)
    }
}

/// Says what a library's name stands for, without loading it.
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
pub fn resolve(name: impl AsRef<OsStr>) -> Result<Resolved, Error> {
    let name = name.as_ref();
    if name.is_empty() {
        return Err(Error::EmptyName);
    }
    check_nul(name)?;
    if !is_path(name) {
        return Ok(Resolved::Searched(name.to_owned()));
    }
    let fail = |source| Error::Resolve { path: name.into(), source };
    let metadata = Path::new(name).metadata().map_err(fail)?;
    let given = path::absolute(name).map_err(fail)?;
    if !metadata.is_file() {
        return Err(Error::NotAFile { path: given, file_type: metadata.file_type() });
    }
    check_rewriting(&given)?;
    let canonical = given.canonicalize().ok().filter(|path| is_same_file(path, &metadata));
    Ok(Resolved::Path(LibraryPath { given, canonical }))
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

impl Resolved {
    /// Checks that the loader will do what this says, which is so for all that [`resolve`] makes.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Searched(name) if !is_path(name) && !name.is_empty() => check_nul(name),
            Self::Searched(_) => Err(Error::NotResolved { library: self.clone() }),
            // Only `resolve` makes paths.
            Self::Path(_) | Self::Process => Ok(()),
        }
    }

    /// The name or path for the loader; nothing for the process itself.
    pub(super) fn file(&self) -> Option<&OsStr> {
        match self {
            Self::Path(path) => Some(path.given.as_os_str()),
            Self::Searched(name) => Some(name),
            Self::Process => None,
        }
    }
}

impl fmt::Display for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "library {path}"),
            Self::Searched(name) => write!(f, "library {}", name.display()),
            Self::Process => f.write_str("the process"),
        }
    }
}

fn check_nul(name: &OsStr) -> Result<(), Error> {
    if name.as_encoded_bytes().contains(&0) { Err(Error::NulInName { name: name.to_owned() }) } else { Ok(()) }
}

/// Tells if the loader takes the name for a path. On Windows a drive makes a path too (`c:file.dll`).
fn is_path(name: &OsStr) -> bool {
    let separator = |&byte: &u8| path::is_separator(byte.into()) || cfg!(windows) && byte == b':';
    name.as_encoded_bytes().iter().any(separator)
}

/// glibc expands these in every path it is given (ld.so(8), "Dynamic string tokens"), also written with braces.
#[cfg(unix)]
fn check_rewriting(path: &Path) -> Result<(), Error> {
    let tokens = ["$ORIGIN", "$LIB", "$PLATFORM", "${ORIGIN}", "${LIB}", "${PLATFORM}"];
    let bytes = path.as_os_str().as_encoded_bytes();
    let has = |token: &str| bytes.windows(token.len()).any(|window| window == token.as_bytes());
    if tokens.into_iter().any(has) { Err(Error::Rewritten { path: path.into() }) } else { Ok(()) }
}

/// `LoadLibraryExW` adds `.dll` to a name without an extension.
#[cfg(windows)]
fn check_rewriting(path: &Path) -> Result<(), Error> {
    if path.extension().is_none() { Err(Error::Rewritten { path: path.into() }) } else { Ok(()) }
}
