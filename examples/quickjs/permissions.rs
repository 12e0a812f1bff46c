//! Which libraries scripts may load.

use std::path::{Path, PathBuf};

use hotcall::Resolved;

/// What `--allow-ffi` allows.
#[derive(Clone, Debug)]
pub(crate) enum Permission {
    /// Nothing.
    None,
    /// Everything.
    All,
    /// The files at these paths, and those below them where they are directories.
    Paths(Vec<PathBuf>),
}

impl Permission {
    /// The permission for a list of paths, as given on the command line. A path that does not exist allows nothing.
    pub(crate) fn paths(list: &str) -> Self {
        let paths = list.split(',').filter(|path| !path.is_empty());
        Self::Paths(paths.filter_map(|path| Path::new(path).canonicalize().ok()).collect())
    }

    /// Whether a library may be loaded. What hotcall resolved is a canonical path, or a name that the loader searches: that takes
    /// the whole permission, for nobody knows what it will find.
    pub(crate) fn allows(&self, library: &Resolved) -> bool {
        match (self, library) {
            (Self::All, _) => true,
            (Self::Paths(paths), Resolved::Path(file)) => paths.iter().any(|path| file.starts_with(path)),
            (Self::None | Self::Paths(_), _) => false,
        }
    }

    /// Whether script may make pointers, read what is behind them, call them, and make callbacks. That takes the whole
    /// permission too: whoever can read and call any address needs no library.
    pub(crate) const fn allows_pointers(&self) -> bool {
        matches!(self, Self::All)
    }
}
