//! The library that a name resolves to, as the loader gets it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// The library that would be loaded.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Resolved {
    /// The file that this path leads to.
    Path(LibraryPath),
    /// The library that the system's loader finds under this name. The loader searches its own list of places, and
    /// takes a library of this name that is already loaded.
    Searched(OsString),
    /// The running program and the libraries it was linked with.
    Process,
}

/// The path of a library, as [`resolve`](crate::resolve) makes it: one for the loader, and one for permissions.
///
/// The loader gets the given path, made absolute. Symbolic links stay in it, because the loader replaces `$ORIGIN` in
/// the library's `RUNPATH` by the directory of this path. With Bazel, Nix or Guix, the library is reached through a
/// link, and its neighbours lie beside the link.
///
/// To open the file by another of its paths, [`resolve`](crate::resolve) that path.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LibraryPath {
    given: PathBuf,
    canonical: Option<PathBuf>,
}

impl LibraryPath {
    pub(super) const fn new(given: PathBuf, canonical: Option<PathBuf>) -> Self {
        Self { given, canonical }
    }

    /// The path as it was given, made absolute. It keeps symbolic links, and also `..`, except on Windows. The loader
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

impl Resolved {
    /// The name or path for the loader; `None` for the process itself.
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
