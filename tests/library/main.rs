//! Libraries: resolving names, opening, looking up symbols, variables and closing, against C compiled here.

#![cfg(unix)]

mod binding;
mod closing;
mod declared;
#[cfg(target_os = "linux")]
mod loading;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod look_up;
mod resolving;
mod statics;
mod symbols;

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use hotcall::{Library, Signature, Type};
use hotcall_testing::fixture::shared_object;

fn open(source: &str) -> Library {
    // SAFETY: the fixtures' initialisers and finalisers, if any, write only to the addresses that tests give them.
    unsafe { Library::open(shared_object(source)) }.unwrap()
}

fn int_of_nothing() -> Signature {
    Signature::new([], Type::I32).unwrap()
}

fn error_of<T, E>(result: Result<T, E>) -> E {
    match result {
        Ok(_) => panic!("this must be an error"),
        Err(error) => error,
    }
}

/// A directory of one test, removed at its end.
struct Directory(PathBuf);

fn directory(name: &str) -> Directory {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("library-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    Directory(path.canonicalize().unwrap())
}

impl Deref for Directory {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}
