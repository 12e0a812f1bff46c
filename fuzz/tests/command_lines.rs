//! What programs and scripts of the project do with options: `--help` and `--version` print to standard output and succeed;
//! what is unknown ends with 2 and a hint.

use std::path::Path;
use std::process::{Command, Output};

fn output(program: impl AsRef<Path>, words: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(program.as_ref()).args(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

const ORACLE: &str = env!("CARGO_BIN_EXE_oracle");

#[test]
fn help_and_version_are_output() {
    for words in [&["--help"][..], &["-h"], &["help"], &["c", "--help"], &["libffi", "-h"]] {
        let (status, stdout, stderr) = output(ORACLE, words);
        assert_eq!((status, stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(stdout.contains("Usage: oracle"), "{stdout}");
    }
    let (status, stdout, stderr) = output(ORACLE, &["--version"]);
    assert_eq!((status, stdout.starts_with("oracle "), stderr.as_str()), (Some(0), true, ""));
}

#[test]
fn unknown_options_end_with_2_and_a_hint() {
    for words in [
        &[][..],
        &["unknown"],
        &["--unknown"],
        &["c", "--unknown"],
        &["libffi", "--compiler", "gcc"],
        &["c", "--seed", "x"],
        &["c", "--seed"],
    ] {
        let (status, stdout, stderr) = output(ORACLE, words);
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{words:?}: {stderr}");
        assert!(stderr.contains("--help") || stderr.contains("Usage: oracle"), "{words:?}: {stderr}");
    }
}

#[test]
fn scripts_do_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for script in ["examples/v8/fetch", ".ci/hello", ".ci/run"] {
        for help in ["--help", "-h"] {
            let (status, stdout, stderr) = output(root.join(script), &[help]);
            assert_eq!((status, stderr.as_str()), (Some(0), ""), "{script}");
            assert!(stdout.contains("Usage: ") && !stdout.contains("set -euo"), "{script}: {stdout}");
        }
        let (status, stdout, stderr) = output(root.join(script), &["--unknown"]);
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{script}: {stderr}");
        assert!(stderr.contains("unknown") && stderr.contains("--help"), "{script}: {stderr}");
    }
}
