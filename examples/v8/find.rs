// Where V8 is, for `build.rs`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// V8's headers.
const INCLUDE: &str = "usr/include/nodejs/deps/v8/include";
/// The library with V8 10.2 in it.
pub(crate) const LIBRARY: &str = "libnode.so.108";

/// Where V8 was unpacked, if it was: at `HOTCALL_V8`, or else in `target/v8`. These are paths from the workspace's directory.
pub(crate) fn root(workspace: &Path) -> PathBuf {
    // Not the directory that cargo builds in, which may be another for each user.
    workspace.join(env::var_os("HOTCALL_V8").unwrap_or_else(|| "target/v8".into()))
}

/// Where the headers would be.
pub(crate) fn include(root: &Path) -> PathBuf {
    root.join(INCLUDE)
}

/// The directory with the library, if the headers are there too. Debian has one for each architecture.
pub(crate) fn libraries(root: &Path) -> Option<PathBuf> {
    if !include(root).join("v8.h").exists() {
        return None;
    }
    let directories = fs::read_dir(root.join("usr/lib")).ok()?;
    let mut directories = directories.filter_map(|entry| Some(entry.ok()?.path()));
    let found = directories.find(|directory| directory.join(LIBRARY).exists())?;
    fs::canonicalize(found).ok()
}
