//! C++ text to shared objects, by the system's compiler.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use libloading::Library;

use crate::compiler::fixture_flags;

/// Compiles and loads `text` by `$CXX` (or `c++`), which must be there under `CI`; `name` is what its files are called,
/// different for each use.
pub(crate) fn load(name: &str, text: &str) -> Option<Library> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, object) = (directory.join(format!("{name}.cpp")), directory.join(format!("{name}.cpp.so")));
    fs::write(&source, text).unwrap();
    let mut command = Command::new(env::var("CXX").unwrap_or_else(|_| "c++".into()));
    command.args(["-O1", "-shared", "-fPIC"]).args(fixture_flags());
    match command.arg("-o").args([&object, &source]).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(missing) => {
            assert!(env::var_os("CI").is_none(), "no C++ compiler: {missing}");
            eprintln!("skipped: no C++ compiler: {missing}");
            return None;
        }
    }
    // SAFETY: the text comes from the tests, and has no constructors.
    Some(unsafe { Library::new(&object) }.unwrap())
}
