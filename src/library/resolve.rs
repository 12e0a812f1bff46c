//! From a library's name to what the loader will be given: the step at which a runtime asks for permission.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{self, Path, PathBuf};

use crate::error::Error;

/// What would be loaded.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Resolved {
    /// The file at this absolute path, in which no symbolic link and no `..` is left.
    Path(PathBuf),
    /// Whatever the system's loader finds under this name: it searches its own list of places, and takes a library of this
    /// name that is loaded already.
    Searched(OsString),
    /// The running program and the libraries it was linked with.
    Process,
}

/// Says what a library's name stands for, without loading it.
///
/// A name with a path separator is a path: it must exist and be a file, and is made canonical. Any other name is searched
/// for by the system's loader when it is opened, in the places of its own configuration; Windows searches the current
/// directory too. (macOS keeps its own libraries in one cache, without files: they are found by bare names alone.)
///
/// A runtime asks for permission with the answer and then opens exactly it with
/// [`Library::open_resolved`](crate::Library::open_resolved). Whoever may write to the directory can still put another
/// file there in between.
///
/// # Errors
///
/// The name is empty or has a zero byte; the path does not exist, is no file, or is one that the loader would rewrite.
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
    let path = Path::new(name).canonicalize().map_err(fail)?;
    if !path.metadata().map_err(fail)?.is_file() {
        return Err(Error::NotAFile { path });
    }
    check_rewriting(&path)?;
    Ok(Resolved::Path(path))
}

impl Resolved {
    /// Checks that the loader will do what this says, which is so for all that [`resolve`] makes.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Path(path) if path.is_absolute() => {
                check_nul(path.as_os_str())?;
                check_rewriting(path)
            }
            Self::Searched(name) if !is_path(name) && !name.is_empty() => check_nul(name),
            Self::Process => Ok(()),
            Self::Path(_) | Self::Searched(_) => Err(Error::NotResolved { library: self.clone() }),
        }
    }

    /// What the loader is given; nothing for the process itself.
    pub(super) fn file(&self) -> Option<&OsStr> {
        match self {
            Self::Path(path) => Some(path.as_os_str()),
            Self::Searched(name) => Some(name),
            Self::Process => None,
        }
    }
}

impl fmt::Display for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "library {}", path.display()),
            Self::Searched(name) => write!(f, "library {}", name.display()),
            Self::Process => f.write_str("the process"),
        }
    }
}

fn check_nul(name: &OsStr) -> Result<(), Error> {
    if name.as_encoded_bytes().contains(&0) { Err(Error::NulInName { name: name.to_owned() }) } else { Ok(()) }
}

/// Whether the loader takes the name for a path. On Windows a drive makes a path too (`c:file.dll`).
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
