//! The list from which Linux's `perf` reads the names of generated code. Each function has a line: its address and size
//! in hexadecimal, and its name (`tools/perf/Documentation/jit-interface.txt` in Linux's sources).

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::process;

use crate::os::file_size::{self, without_signal};
use crate::os::fork;

/// The open list.
pub(crate) struct Map {
    file: File,
    process: u32,
    /// Process numbers repeat in nested namespaces, so the list keeps the process's generation.
    generation: usize,
}

impl Map {
    /// Opens the list of this process.
    #[cfg(target_os = "linux")]
    pub(crate) fn open() -> io::Result<Self> {
        use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

        let process = process::id();
        // Any user may have created something at this path. So no link is followed, and opening a pipe does not wait.
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
        let mut options = File::options();
        let file = options.append(true).create(true).mode(0o600).custom_flags(flags);
        let file = file.open(format!("/tmp/perf-{process}.map"))?;
        let metadata = file.metadata()?;
        // SAFETY: `geteuid` has no preconditions and always succeeds.
        let user = unsafe { libc::geteuid() };
        let trusted = metadata.is_file()
            && metadata.uid() == user
            && metadata.nlink() == 1
            // Others may write to it: the group, or all users.
            && metadata.mode() & 0o022 == 0;
        if trusted {
            Ok(Self { file, process, generation: fork::generation()? })
        } else {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn open() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns true if the list belongs to this process, and not to its parent.
    pub(crate) fn is_own(&self) -> bool {
        self.process == process::id() && self.generation == fork::current_generation()
    }

    /// Adds functions: address, size, name.
    pub(crate) fn add<'a>(&mut self, functions: impl IntoIterator<Item = (usize, usize, &'a str)>) -> io::Result<()> {
        if !self.is_own() {
            return Ok(());
        }
        let mut lines = String::new();
        for (start, len, name) in functions {
            writeln!(lines, "{start:x} {len:x} {name}").map_err(io::Error::other)?;
        }
        // One write for all lines, so that the lines of other writers do not come between.
        file_size::check(&self.file, lines.len())?;
        without_signal(|| self.file.write_all(lines.as_bytes()))
    }
}
