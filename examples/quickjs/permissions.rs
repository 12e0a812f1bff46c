//! Which libraries scripts may load, and by which path.

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
    /// The files at these paths, and those below them where they are directories. The paths are canonical.
    Paths(Vec<PathBuf>),
}

/// Why a list of paths is not a permission.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    /// An empty list, as of a variable that is not set, must not become the permission for everything.
    #[error("--allow-ffi: the list {list:?} has an empty path (--allow-ffi without a list allows every library)")]
    EmptyPath { list: String },
    /// The path does not lead anywhere: somebody else could put a file there later.
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

    /// Chooses what to open for a name; `None` if that is not allowed.
    ///
    /// The empty name is the process itself, as in Deno. It takes the whole permission. So does a name that the loader
    /// searches, because nobody knows what the loader will find.
    ///
    /// Without permission the file system is not asked. With one for paths, a name that leads elsewhere is refused in the
    /// same way as one that does not lead anywhere.
    pub(crate) fn resolve(&self, name: &str) -> Option<Result<Resolved, LibraryError>> {
        match self {
            Self::None => None,
            Self::All if name.is_empty() => Some(Ok(Resolved::Process)),
            Self::All => Some(resolve(name)),
            Self::Paths(paths) => Allowed(paths).resolve(name),
        }
    }

    /// Tells if script may make pointers, read what is behind them, call them, and make callbacks. That takes the whole
    /// permission too: whoever can read and call any address needs no library.
    pub(crate) const fn allows_pointers(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// Canonical paths that are allowed, with all that is below them.
#[derive(Clone, Copy)]
struct Allowed<'p>(&'p [PathBuf]);

/// Where a path leads, link by link.
struct Way {
    /// The canonical path.
    end: PathBuf,
    /// All links on the way are in allowed directories. All directories on it are in these, or above them.
    ///
    /// A directory elsewhere could become a link, and `..` would lead out of that link's target.
    confined: bool,
}

/// The way ends before the path does.
struct Missing {
    /// Script may be told: all directories on the way are allowed ones, or above these, and the missing name is in one.
    in_allowed: bool,
}

/// Links that are followed at most, as in Linux (`path_resolution(7)`).
const LINKS: usize = 40;

impl Allowed<'_> {
    /// Chooses a path that leads elsewhere only if somebody changes the allowed directories, or replaces these.
    ///
    /// The path keeps its own file name if that is allowed, because the loader takes `$ORIGIN` from it.
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
            // Should the file be there by now, it has not been checked.
            Err(Missing { in_allowed: true }) => resolve(name).err().map(Err),
            Err(Missing { in_allowed: false }) => None,
        }
    }

    /// The path of the file in the canonical directory that the path leads to, if everything about it is allowed.
    fn under_own_name(self, given: &Path) -> Option<PathBuf> {
        let path = self.walk(given.parent()?).ok()?.end.join(given.file_name()?);
        let way = self.walk(&path).ok()?;
        (way.confined && self.holds(&path) && self.holds(&way.end)).then_some(path)
    }

    /// Follows an absolute path as the system does.
    fn walk(self, path: &Path) -> Result<Way, Missing> {
        let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>();
        let (mut end, mut left): (_, Vec<OsString>) = (PathBuf::new(), parts(path));
        let (mut links, mut in_allowed, mut by_allowed_links) = (0, true, true);
        while let Some(part) = left.pop() {
            if part == ".." {
                end.pop();
                continue;
            }
            // The root of an absolute link replaces what was there.
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
