//! The libraries that scripts may load, and the paths by which they may do so.

use std::ffi::OsString;
use std::io;
use std::path::{self, Path, PathBuf};

use hotcall::{LibraryError, Resolved, resolve};

/// The libraries that `--allow-ffi` allows.
#[derive(Clone, Debug)]
pub(crate) enum Permission {
    /// Nothing.
    None,
    /// Everything.
    All,
    /// The files at these paths, and if they are directories, the files below them. The paths are canonical.
    Paths(Vec<PathBuf>),
}

/// The reason why a list of paths is not a permission.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    /// An empty list, for example of a variable that is not set, must not become the permission for everything.
    #[error("--allow-ffi: the list {list:?} has an empty path (--allow-ffi without a list allows every library)")]
    EmptyPath { list: String },
    /// The path does not lead anywhere. Another user could put a file there later.
    #[error("--allow-ffi: cannot find {path:?}: {source}")]
    Path { path: String, source: io::Error },
}

impl Permission {
    /// The permission for a list of paths, as given on the command line.
    pub(crate) fn paths(list: &str) -> Result<Self, ListError> {
        let canonical = |path: &str| match path {
            "" => Err(ListError::EmptyPath { list: list.into() }),
            path => Path::new(path).canonicalize().map_err(|source| ListError::Path { path: path.into(), source }),
        };
        list.split(',').map(canonical).collect::<Result<_, _>>().map(Self::Paths)
    }

    /// Chooses the library to open for a name; `None` if that is not allowed.
    ///
    /// The empty name is the process itself, as in Deno. It needs the permission for everything. So does a name that
    /// the loader searches, because the result of the search is not known.
    ///
    /// Without permission the file system is not read. With a permission for paths, a name that leads elsewhere is
    /// refused like one that leads nowhere.
    pub(crate) fn resolve(&self, name: &str) -> Option<Result<Resolved, LibraryError>> {
        match self {
            Self::None => None,
            Self::All if name.is_empty() => Some(Ok(Resolved::Process)),
            Self::All => Some(resolve(name)),
            Self::Paths(paths) => Allowed(paths).resolve(name),
        }
    }

    /// Returns true if script may make pointers, read the memory behind them, call them, and make callbacks. That needs
    /// the permission for everything too, because code that can read and call any address does not need a library.
    pub(crate) const fn allows_pointers(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// Canonical paths that are allowed, with everything below them.
#[derive(Clone, Copy)]
struct Allowed<'p>(&'p [PathBuf]);

/// The end of a path, found link by link.
struct Way {
    /// The canonical path.
    end: PathBuf,
    /// All links of the path are in allowed directories. All its directories are in these, or above them.
    ///
    /// Otherwise a directory elsewhere could become a link, and `..` would lead out of that link's target.
    confined: bool,
}

/// A path that ends early, because a name is missing.
struct Missing {
    /// Script may learn it: all directories of the path are allowed ones, or above these, and the missing name is in an
    /// allowed one.
    in_allowed: bool,
}

/// The largest number of links that are followed, as in Linux (`path_resolution(7)`).
const LINKS: usize = 40;

impl Allowed<'_> {
    /// Chooses a path. It can lead elsewhere only if the allowed directories are changed or replaced.
    ///
    /// The path keeps its own file name if that is allowed, because the loader derives `$ORIGIN` from it.
    fn resolve(self, name: &str) -> Option<Result<Resolved, LibraryError>> {
        if name.contains('\0') || !name.contains(path::is_separator) {
            return None;
        }
        let given = path::absolute(name).ok()?;
        match self.walk(&given) {
            Ok(way) => {
                let path = self.under_own_name(&given).unwrap_or(way.end);
                self.holds(&path).then(|| resolve(path))
            }
            // If the file exists by now, it was not checked.
            Err(Missing { in_allowed: true }) => resolve(name).err().map(Err),
            Err(Missing { in_allowed: false }) => None,
        }
    }

    /// The path of the file in the canonical directory that the path leads to, if all of it is allowed.
    fn under_own_name(self, given: &Path) -> Option<PathBuf> {
        let path = self.walk(given.parent()?).ok()?.end.join(given.file_name()?);
        let way = self.walk(&path).ok()?;
        (way.confined && self.holds(&path) && self.holds(&way.end)).then_some(path)
    }

    /// Follows an absolute path like the system.
    fn walk(self, path: &Path) -> Result<Way, Missing> {
        let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>();
        let (mut end, mut left): (_, Vec<OsString>) = (PathBuf::new(), parts(path));
        let (mut links, mut in_allowed, mut by_allowed_links) = (0, true, true);
        while let Some(part) = left.pop() {
            if part == ".." {
                end.pop();
                continue;
            }
            // The root of an absolute link replaces the path so far.
            let next = end.join(part);
            let missing = || Missing { in_allowed: in_allowed && self.holds(&next) };
            let metadata = next.symlink_metadata().ok().ok_or_else(missing)?;
            if metadata.is_symlink() {
                links += 1;
                let target = next.read_link().ok().filter(|_| links <= LINKS);
                left.extend(parts(&target.ok_or_else(missing)?));
                by_allowed_links &= self.holds(&next);
            } else if metadata.is_dir() || left.is_empty() {
                in_allowed &= self.holds(&next) || self.0.iter().any(|allowed| allowed.starts_with(&next));
                end = next;
            } else {
                return Err(missing());
            }
        }
        Ok(Way { end, confined: in_allowed && by_allowed_links })
    }

    fn holds(self, path: &Path) -> bool {
        self.0.iter().any(|allowed| path.starts_with(allowed))
    }
}
