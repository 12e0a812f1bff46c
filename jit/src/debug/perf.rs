//! The list from which Linux's `perf` reads the names of generated code. Each function has a line: its address and size
//! in hexadecimal, and its name (`tools/perf/Documentation/jit-interface.txt` in Linux's sources).

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::process;

use crate::os::file;
use crate::os::fork;

/// The open list.
pub(crate) struct Map {
    file: File,
    process: u32,
    /// Process numbers repeat in nested namespaces, so the list keeps the process's generation.
    generation: usize,
}

impl Map {
    /// The list of this process.
    pub(crate) fn open() -> io::Result<Self> {
        let process = process::id();
        let file = file::open_trusted(&format!("/tmp/perf-{process}.map"))?;
        Ok(Self { file, process, generation: fork::generation()? })
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
        // In one piece, so that the lines of others who add to the file do not get between.
        file::append(&mut self.file, lines.as_bytes())
    }
}
