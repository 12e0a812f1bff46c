//! Directories that are removed on drop.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, io, process};

/// A new directory, removed on drop.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Makes the directory.
    ///
    /// # Errors
    ///
    /// The system's temporary directory cannot be written to.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("hotcall-{}-{count}", process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // Failure does no harm: the object is mapped, and the system clears its temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}
