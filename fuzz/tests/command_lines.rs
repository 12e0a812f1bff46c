//! Options of the project's programs and scripts: `--help` and `--version` print to standard output and succeed; unknown
//! options end with 2 and a hint.

use std::path::Path;
use std::process::{Command, Output};

fn output(program: impl AsRef<Path>, words: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(program.as_ref()).args(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

const ORACLE: &str = env!("CARGO_BIN_EXE_oracle");
const STRESS: &str = env!("CARGO_BIN_EXE_stress");

#[test]
fn help_and_version_are_output() {
    for (program, words, usage) in [
        (ORACLE, &["--help"][..], "Usage: oracle"),
        (ORACLE, &["-h"], "Usage: oracle"),
        (ORACLE, &["help"], "Usage: oracle"),
        (ORACLE, &["c", "--help"], "Usage: oracle c"),
        (ORACLE, &["libffi", "-h"], "Usage: oracle libffi"),
        (STRESS, &["--help"], "Usage: stress"),
        (STRESS, &["-h"], "Usage: stress"),
    ] {
        let (status, stdout, stderr) = output(program, words);
        assert_eq!((status, stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(stdout.contains(usage), "{stdout}");
    }
    for (program, name) in [(ORACLE, "oracle "), (STRESS, "stress ")] {
        let (status, stdout, stderr) = output(program, &["--version"]);
        assert_eq!((status, stdout.starts_with(name), stderr.as_str()), (Some(0), true, ""));
    }
}

#[test]
fn unknown_options_end_with_2_and_a_hint() {
    for (program, words) in [
        (ORACLE, &[][..]),
        (ORACLE, &["unknown"]),
        (ORACLE, &["--unknown"]),
        (ORACLE, &["c", "--unknown"]),
        (ORACLE, &["libffi", "--compiler", "gcc"]),
        (ORACLE, &["c", "--seed", "x"]),
        (ORACLE, &["c", "--seed"]),
        (STRESS, &["unknown"]),
        (STRESS, &["--unknown"]),
        (STRESS, &["--threads", "0"]),
        (STRESS, &["--seed", "x"]),
        (STRESS, &["--operations"]),
    ] {
        let (status, stdout, stderr) = output(program, words);
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{words:?}: {stderr}");
        assert!(stderr.contains("--help") || stderr.contains("Usage: "), "{words:?}: {stderr}");
    }
}

#[test]
fn scripts_do_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let ci = ["cross-rust", "dependencies.py", "headers", "hello", "long", "run", "sanitize"];
    for script in ci.map(|name| format!(".ci/{name}")).iter().map(String::as_str).chain(["examples/v8/fetch"]) {
        for help in ["--help", "-h"] {
            let (status, stdout, stderr) = output(root.join(script), &[help]);
            assert_eq!((status, stderr.as_str()), (Some(0), ""), "{script}");
            assert!(stdout.contains("Usage: ") && !stdout.contains("set -euo"), "{script}: {stdout}");
        }
        let (status, stdout, stderr) = output(root.join(script), &["--unknown"]);
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{script}: {stderr}");
        assert!(stderr.contains("--help"), "{script}: {stderr}");
    }
}
