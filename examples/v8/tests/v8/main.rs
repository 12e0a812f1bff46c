//! Tests the example as a program: scripts that call C fixtures, and check the results with `check.js`.

mod generated;
mod program;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotcall_testing::fixture;

/// Returns true if the example contains V8. In CI it must.
fn has_v8() -> bool {
    assert!(cfg!(v8) || env::var_os("CI").is_none(), "this was built without V8, which CI must have");
    if !cfg!(v8) {
        eprintln!("skipped: built without V8, see examples/v8/README.md");
    }
    cfg!(v8)
}

/// The C fixtures.
fn fixture() -> PathBuf {
    fixture::shared_object(include_str!("fixture.c"))
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
    finished(Command::new(env!("CARGO_BIN_EXE_hotcall-v8")).args(args))
}

fn finished(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs a script of this directory, which gets the fixture's path as its first argument. It must end without an
/// exception.
fn check(script: &str) {
    check_with(script, &[], &[]);
}

/// Runs a script with more flags for V8 and for the program. If V8 has flags, the script gets "stressed" as an
/// argument.
fn check_with(script: &str, v8_flags: &[&str], flags: &[&str]) {
    if !has_v8() {
        return;
    }
    came_to_its_end(&run(arguments(script, v8_flags, flags)));
}

fn came_to_its_end(ran: &Ran) {
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("end\n"), "it did not come to its end: {}", ran.stdout);
}

/// The command line for a script of this directory.
fn arguments(script: &str, v8_flags: &[&str], flags: &[&str]) -> Vec<String> {
    let is_stressed = !v8_flags.is_empty();
    let v8_flags = [&["--allow-natives-syntax"], v8_flags].concat().join(",");
    let before = [file("check.js"), file("optimise.js"), file("values.js"), generated::library()];
    let loads = before.into_iter().flat_map(|path| ["--load".into(), path.display().to_string()]);
    let [script, fixture] = [file(script), fixture()].map(|path| path.display().to_string());
    let flags = || flags.iter().map(|&flag| flag.to_owned());
    let front = [format!("--v8-flags={v8_flags}")].into_iter().chain(loads).chain(flags());
    // With these flags, V8 may drop optimised code at any time.
    let stressed = is_stressed.then(|| "stressed".into());
    front.chain([script, fixture]).chain(flags()).chain(stressed).collect()
}

#[test]
fn every_type_goes_through_the_ordinary_callback() {
    check("ordinary.js");
}

#[test]
fn callbacks_run_from_the_ordinary_callback() {
    check("callbacks.js");
}

#[test]
fn optimised_code_makes_fast_calls() {
    check("fast.js");
}

#[test]
fn exceptions_are_caught_in_optimised_code() {
    for flags in [&[][..], &["--stress-inline"], &["--always-sparkplug"]] {
        check_with("throw.js", flags, &[]);
    }
    check_with("throw.js", &[], &["--no-layout"]);
}

#[test]
fn integers_on_the_stack_are_read() {
    check("stack.js");
}

#[test]
fn every_type_goes_through_fast_calls() {
    check("types.js");
}

#[test]
fn fast_calls_need_not_read_objects() {
    check_with("fast.js", &[], &["--no-layout"]);
}

#[test]
fn many_arguments_arrive() {
    check("many.js");
}

#[test]
fn every_way_to_call_returns_the_result() {
    check("ways.js");
}

#[test]
fn callbacks_run_inside_fast_calls() {
    check("inside.js");
}

#[test]
fn calls_leave_no_memory_behind() {
    check("memory.js");
}

#[test]
fn calls_go_on_while_the_collector_moves_objects() {
    for flag in ["--stress-compaction", "--stress-scavenge=50", "--gc-interval=50", "--stress-incremental-marking"] {
        for script in ["ordinary.js", "callbacks.js", "fast.js", "ways.js", "inside.js", "memory.js"] {
            check_with(script, &[flag], &[]);
        }
    }
}

#[test]
fn calls_go_on_while_code_is_made_anew() {
    for flag in ["--always-osr", "--deopt-every-n-times=50", "--single-threaded"] {
        for script in ["callbacks.js", "inside.js"] {
            check_with(script, &[flag], &[]);
        }
    }
    // Without the interpreter, which `inside.js` needs.
    check_with("callbacks.js", &["--always-opt"], &[]);
}

#[test]
fn buffers_may_change_their_size() {
    check_with("resizable.js", &["--harmony-rab-gsab"], &[]);
}

/// Returns true if valgrind is installed. In CI it must be.
fn has_valgrind() -> bool {
    let has = Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(has || env::var_os("CI").is_none(), "valgrind is missing");
    has
}

#[test]
fn nothing_is_used_after_it_was_freed() {
    if !has_v8() || !has_valgrind() {
        return;
    }
    let mut command = Command::new("valgrind");
    // Machine code is replaced at the same addresses.
    command.args(["--quiet", "--smc-check=all-non-file", "--error-exitcode=99", env!("CARGO_BIN_EXE_hotcall-v8")]);
    came_to_its_end(&finished(command.args(arguments("inside.js", &["--single-threaded"], &[]))));
}
