//! Runs scripts with the example `quickjs` and compares what they print.
//!
//! A script `NAME.js` in this folder has its expected output beside it, in `NAME.out`: what Deno prints, where the script's
//! first lines do not say otherwise.

mod prelude;
mod uncaught;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use hotcall_testing::runtime;

/// The outcome of a script.
#[derive(Debug, PartialEq)]
struct Output {
    stdout: String,
    stderr: String,
    code: i32,
}

/// The folder of the scripts.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quickjs")
}

/// The example, with a variable in its environment.
fn command() -> Command {
    let mut command = runtime::command();
    command.env("SOME_VARIABLE", "some value");
    command
}

/// Runs a script of the folder, with these flags before and these words after it.
///
/// Paths in what it prints are relative to the folder, and places have no columns: these are the engine's.
fn run_with(flags: &[&str], script: &str, words: &[&str]) -> Output {
    run_file(flags, &folder(), script, words)
}

/// The outcome without words.
fn run(script: &str, flags: &[&str]) -> Output {
    run_with(flags, script, &[])
}

/// Runs this text as a script, `script.js`, beside which there are no others.
fn run_text(text: &str, flags: &[&str]) -> Output {
    let name = env::current_exe().unwrap().file_name().unwrap().to_owned();
    let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scripts").join(name).join(thread);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("script.js"), text).unwrap();
    run_file(flags, &folder, "script.js", &[])
}

fn run_file(flags: &[&str], folder: &Path, script: &str, words: &[&str]) -> Output {
    let output = command().args(flags).arg(script).args(words).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        let folder = format!("{}/", folder.canonicalize().unwrap().display());
        let text = text.replace(&format!("file://{folder}"), "").replace(&folder, "");
        text.split_inclusive('\n').map(without_column).collect()
    };
    Output { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap() }
}

/// A line of a stack trace without its column: `at f (script.js:1:2)` becomes `at f (script.js:1)`.
fn without_column(line: &str) -> String {
    let place = line.trim_end_matches(['\n', '{', ' ', ')']);
    match place.rsplit_once(':') {
        Some((start, column))
            if line.trim_start().starts_with("at ") && column.parse::<u32>().is_ok() && start.contains(".js:") =>
        {
            format!("{start}{}", &line[place.len()..])
        }
        _ => line.into(),
    }
}

/// The contents of `NAME.out`.
fn expected(name: &str) -> String {
    fs::read_to_string(folder().join(format!("{name}.out"))).unwrap()
}

/// Runs `NAME.js`, which prints what `NAME.out` says and ends well.
#[track_caller]
fn check(name: &str, flags: &[&str]) {
    let output = run(&format!("{name}.js"), flags);
    assert_eq!(output.stderr, "");
    same(&output.stdout, &expected(name));
    assert_eq!(output.code, 0);
}

/// Compares texts; shows the first line that differs.
#[track_caller]
fn same(actual: &str, expected: &str) {
    let (mut actual, mut expected) = (actual.lines(), expected.lines());
    for number in 1.. {
        match (actual.next(), expected.next()) {
            (None, None) => break,
            (actual, expected) => assert_eq!(actual, expected, "line {number}"),
        }
    }
}
