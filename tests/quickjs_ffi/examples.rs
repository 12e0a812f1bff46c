//! The example's own scripts, and the code samples of the page on Deno's FFI.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use hotcall_testing::compiler::Compiler;
use hotcall_testing::fixture;
use hotcall_testing::runtime;

use crate::{Ran, check, finished};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickjs/scripts")
}

fn run(script: &str) -> Ran {
    finished(runtime::command().arg("--allow-ffi").arg(scripts().join(script)).output().unwrap())
}

/// Runs a script that needs a library of the system's, which may be missing.
fn run_with_library(script: &str) -> Option<Ran> {
    let ran = run(script);
    if ran.code != Some(0) && env::var_os("CI").is_none() && ran.stderr.contains("cannot load library") {
        return None;
    }
    Some(ran)
}

#[test]
fn sqlite_runs() {
    let Some(ran) = run_with_library("sqlite.js") else { return };
    let printed = "SQLite 3\n\
        name: Earth, radius: 6371.0\n\
        name: Venus, radius: 6051.8\n\
        name: Mars, radius: 3389.5\n\
        planets: 4, mean: 4563.0\n\
        SQLite: no such column: moons\n";
    check(&ran, printed);
}

#[test]
fn libm_runs() {
    let printed = "2 to the power of 10 is 1024\n\
        the hypotenuse of 3 and 4 is 5\n\
        2 * 3 + 4 is 10\n\
        2.5 rounded is 3, and -2.5 -3\n\
        48 is 0.75 times 2 to the power of 6\n\
        11 divided by 3 leaves -1, 4 times\n";
    check(&run("libm.js"), printed);
}

#[test]
fn zlib_runs() {
    let Some(ran) = run_with_library("zlib.js") else { return };
    let printed = "crc32 of \"123456789\": cbf43926\n\
        44000 bytes became fewer than 300: true\n\
        the same on another thread: true\n\
        and back: true\n\
        with a byte changed uncompress says -3\n";
    check(&ran, printed);
}

#[test]
fn version_runs() {
    let ran = run("version.js");
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    if ran.stdout.is_empty() {
        assert!(env::var_os("CI").is_none(), "none of the libraries is there");
    }
    for line in ran.stdout.lines() {
        let (library, version) = line.split_once(": ").unwrap();
        let version = version.strip_prefix("libcurl/").unwrap_or(version);
        assert!(["libcurl", "SDL2", "zlib"].contains(&library), "{line}");
        assert!(version.split('.').count() >= 3 && version.starts_with(|digit: char| digit.is_ascii_digit()), "{line}");
    }
}

#[test]
fn structs_run() {
    let printed = "17 = 5 * 3 + 2\n\
        -17 = 5 * -3 + -2\n\
        10**18 + 7 = 10**9 * 1000000000 + 7\n\
        100 = 7 * 14 + 2\n\
        1000 = 7 * 142 + 6\n\
        2000-2-29 0:0:0\n";
    check(&run("struct.js"), printed);
}

#[test]
fn nonblocking_runs() {
    let printed = "working.\n\
        working..\n\
        working...\n\
        done: 0,0\n";
    check(&run("nonblocking.js"), printed);
}

/// Runs a code sample of the page on Deno's FFI, in a directory with the libraries that it calls.
fn sample(name: &str) -> Ran {
    let samples = scripts().join("documentation");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quickjs_ffi").join(format!("sample-{name}"));
    fs::create_dir_all(&directory).unwrap();
    let source = fs::read_to_string(samples.join("example.c")).unwrap();
    fs::copy(fixture::shared_object_with(&Compiler::c(), &["-lm"], &source), directory.join("libexample.so")).unwrap();
    if name == "rust" {
        let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let built = Command::new(rustc)
            .args(["--crate-type", "cdylib"])
            .arg(samples.join("lib.rs"))
            .current_dir(&directory)
            .output();
        let built = built.unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    }
    let mut command = runtime::command();
    // The page names the library without its path.
    command.current_dir(&directory).env("LD_LIBRARY_PATH", &directory).arg("--allow-ffi");
    finished(command.arg(samples.join(format!("{name}.js"))).output().unwrap())
}

#[test]
fn sample_basic_runs() {
    check(&sample("basic"), "8\n");
}

#[test]
fn sample_structs_run() {
    check(&sample("structs"), "5\n");
}

#[test]
fn sample_callbacks_run() {
    check(&sample("callbacks"), "Callback received: 42\n");
}

#[test]
fn sample_rust_runs() {
    check(&sample("rust"), "Fibonacci(10) = 55\n");
}
