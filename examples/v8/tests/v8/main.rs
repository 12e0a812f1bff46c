//! The example from the outside: scripts that call C fixtures. They check for themselves, with `check.js`.

#[path = "../../../../tests/support/mod.rs"]
mod support;

mod program;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether the example has V8 in it. In CI it must have.
fn has_v8() -> bool {
    assert!(cfg!(v8) || env::var_os("CI").is_none(), "this was built without V8, which CI must have");
    if !cfg!(v8) {
        eprintln!("skipped: built without V8, see examples/v8/README.md");
    }
    cfg!(v8)
}

/// The C fixtures.
fn fixture() -> PathBuf {
    support::shared_object(include_str!("fixture.c"))
}

/// One of the files beside this one, or below.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v8").join(name)
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the program with these arguments.
fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_hotcall-v8")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs a script of this directory, which gets the fixture's path as its first argument, and must come to its end without an
/// exception.
fn check(script: &str) {
    check_with(script, &[]);
}

/// The same, with more flags for V8.
fn check_with(script: &str, flags: &[&str]) {
    if !has_v8() {
        return;
    }
    let flags = [&["--allow-natives-syntax"], flags].concat().join(",");
    let (load, script, fixture) = (file("check.js"), file(script), fixture());
    let ran = run([
        format!("--v8-flags={flags}").as_ref(),
        "--load".as_ref(),
        load.as_os_str(),
        script.as_os_str(),
        fixture.as_os_str(),
    ]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("end\n"), "it did not come to its end: {}", ran.stdout);
}

#[test]
fn every_type_by_the_ordinary_callback() {
    check("ordinary.js");
}

#[test]
fn callbacks_by_the_ordinary_callback() {
    check("callbacks.js");
}

#[test]
fn calls_from_optimised_code() {
    check("fast.js");
}
