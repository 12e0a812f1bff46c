//! The program: its command line, and what it says about scripts that fail.

use std::path::Path;
use std::{env, fs};

use super::{has_v8, run};

/// A file with this text; `name` is one test's alone.
fn script(name: &str, text: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("v8_program");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn uncaught_exceptions_are_reported_with_their_stack() {
    if !has_v8() {
        return;
    }
    let script = script("throws.js", "function f() {\n    throw new RangeError('far');\n}\nf();\n");
    let ran = run([&script]);
    assert_eq!(ran.code, Some(1));
    let throw = "    throw new RangeError('far');";
    let stack = format!("RangeError: far\n    at f ({script}:2:11)\n    at {script}:4:1\n");
    assert_eq!(ran.stderr, format!("error: {script}:2\n{throw}\n{stack}"));
}

#[test]
fn syntax_errors_are_reported_with_their_line() {
    if !has_v8() {
        return;
    }
    let script = script("syntax.js", "\nlet 1;\n");
    let ran = run([&script]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.stderr, format!("error: {script}:2\nlet 1;\nSyntaxError: Unexpected number\n"));
}

#[test]
fn flags_that_v8_lacks_are_errors() {
    if !has_v8() {
        return;
    }
    let script = script("empty.js", "");
    let ran = run(["--v8-flags=--expose-gc,--no-such-flag", &script]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), "error: V8 has no flag --no-such-flag\n"));
    assert_eq!(run(["--v8-flags=--expose-gc", &script]).code, Some(0));
}

#[test]
fn scripts_get_their_arguments_and_what_was_loaded_before() {
    if !has_v8() {
        return;
    }
    let first = script("first.js", "const first = scriptArgs.length;");
    let second = script("second.js", "print(first, ...scriptArgs);");
    let ran = run(["--load", &first, &second, "--a", "b"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "2 --a b\n"));
}

#[test]
fn scripts_that_are_not_there_are_errors() {
    let ran = run(["/no/such/script.js"]);
    assert_eq!(ran.code, Some(1));
    let expected = if cfg!(v8) { "No such file" } else { "examples/v8/fetch" };
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}

#[test]
fn the_demonstrations_run() {
    if !has_v8() {
        return;
    }
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let libc = run([scripts.join("libc.js")]);
    assert_eq!((libc.code, &*libc.stderr), (Some(0), ""));
    assert!(libc.stdout.contains("17 / 5 is 3 and 2 over\nsorted: 1,1,2,3,4,5,6,9\n"), "{}", libc.stdout);
    let fast = run([scripts.join("fast.js")]);
    assert_eq!((fast.code, &*fast.stderr), (Some(0), ""));
    for name in ["abs", "strnlen", "div"] {
        let line = fast.stdout.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
        assert!(line.ends_with("; 0 of 100000 calls by the ordinary callback"), "{line}");
    }
}
