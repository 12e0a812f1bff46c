//! The command line as its users see it: words in, text and exit codes out. Expectations are written by hand.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

mod call;
mod callback;
mod explain;
mod header;
mod pointee;
mod refused;
mod unread;

use std::process::{Command, Output};
use std::sync::OnceLock;

use hotcall_testing::fixture;

/// The path of the compiled `fixture.c`.
fn fixture() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let library = fixture::shared_object(include_str!("fixture.c"));
        library.to_str().expect("a path in UTF-8").to_owned()
    })
}

fn hotcall(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hotcall")).args(words).output().expect("hotcall starts")
}

#[track_caller]
fn check_prints(words: &[&str], expected: &str) {
    let output = hotcall(words);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((&*stdout, &*stderr, output.status.code()), (expected, "", Some(0)), "{words:?}");
}

#[track_caller]
fn check_fails(words: &[&str], expected: &str) {
    let output = hotcall(words);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let line = format!("hotcall: {expected}\n");
    assert_eq!((&*stdout, &*stderr, output.status.code()), ("", &*line, Some(1)), "{words:?}");
}

/// Calls a function of the fixture.
#[track_caller]
fn prints(declaration: &str, arguments: &[&str], expected: &str) {
    check_prints(&[&["call", fixture(), declaration], arguments].concat(), expected);
}

/// Calls a function of the fixture, which is refused.
#[track_caller]
fn fails(declaration: &str, arguments: &[&str], expected: &str) {
    check_fails(&[&["call", fixture(), declaration], arguments].concat(), expected);
}

const POINT: &str = "struct point { double x, y; }; struct point swap(struct point p);";
const NEST: &str = "#include <stdint.h>
    struct point { double x, y; };
    struct pair { uint8_t b[3]; struct point p; };
    struct nest { char tag; struct pair pairs[2]; union { int32_t i; float f; } u; };
    struct nest reverse(struct nest);";
const NUMBER: &str = "union number { int32_t i; float f; uint8_t bytes[8]; }; union number same_number(union number);";
const LABEL: &str = "struct label { uint64_t id; const char *text; void *data; float weight; bool on; };
    struct label same_label(struct label);";
const VARIANT: &str = "struct variant { int kind; union { int32_t i; double d; }; struct { short a, b; }; };
    struct variant same_variant(struct variant);";

/// Parts of the message on standard error, below which further lines are indented, and exit code 1.
#[track_caller]
fn fails_with(words: &[&str], parts: &[&str]) {
    let output = hotcall(words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let one = stderr.lines().skip(1).all(|line| line.starts_with("  "));
    assert_eq!((output.status.code(), one), (Some(1), true), "{words:?}: {stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{words:?}: {stderr}");
    }
}

#[test]
fn bad_usage_exits_with_2() {
    for words in [&[] as &[&str], &["call"], &["call", "libm.so.6"], &["explain"], &["run"], &["call", "--unknown"]] {
        let output = hotcall(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        assert!(!output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn help_and_version_are_printed() {
    let version = hotcall(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), concat!("hotcall ", env!("CARGO_PKG_VERSION"), "\n"));
    for (words, part) in [
        (&["--help"] as &[&str], "hotcall call libm.so.6 'double pow(double, double)' 2 10"),
        (&["call", "--help"], "buffer:N"),
        (&["explain", "--help"], "--json"),
    ] {
        let output = hotcall(words);
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(part), "{text}");
    }
}
