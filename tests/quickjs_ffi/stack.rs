//! Scripts on stacks of other sizes.

use std::process::Command;

use hotcall_testing::runtime;

use crate::{check, finished, fixture, script};

/// Runs `stack.js` with a main thread whose stack has this size.
#[track_caller]
fn with_stack(kibibytes: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -s {kibibytes}; exec \"$@\""), "sh"]);
    let program = runtime::command();
    shell.arg(program.get_program()).args(program.get_args());
    check(&finished(shell.arg("--allow-ffi").arg(script("stack.js")).arg(fixture()).output().unwrap()), "end\n");
}

#[test]
fn recursion_ends_in_an_error_on_any_stack() {
    for kibibytes in ["8192", "4096", "1024", "512"] {
        with_stack(kibibytes);
    }
}

#[test]
fn recursion_ends_in_an_error_without_a_limit() {
    with_stack("unlimited 2>/dev/null || true");
}
