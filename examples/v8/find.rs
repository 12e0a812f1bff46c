// Finds V8, for `build.rs` and for the report's rows in `benches/support/v8_rows.rs`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// V8's headers.
const INCLUDE: &str = "usr/include/nodejs/deps/v8/include";
/// The library that contains V8 10.2.
pub(crate) const LIBRARY: &str = "libnode.so.108";

/// The directory to which V8 was unpacked: `HOTCALL_V8`, or else `target/v8`. Both are paths from the workspace's
/// directory.
pub(crate) fn root(workspace: &Path) -> PathBuf {
    // Cargo's own build directory is not used, because it may be another for each user.
    workspace.join(env::var_os("HOTCALL_V8").unwrap_or_else(|| "target/v8".into()))
}

/// The directory of the headers, even if it is missing.
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
