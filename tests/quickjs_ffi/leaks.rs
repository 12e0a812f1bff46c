//! The scripts under valgrind: nothing is used after it was freed, and nothing is lost when the runtime shuts down.

use std::env;
use std::process::Command;

use hotcall_testing::runtime;

use crate::{finished, fixture, is_wrapped, script};

/// The exit status of valgrind if it finds something.
const FOUND: i32 = 99;

fn has_valgrind() -> bool {
    let has = Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(has || env::var_os("CI").is_none(), "valgrind is missing");
    has
}

/// Code and stubs are static by design. They are still reachable, so they are not leaks.
#[track_caller]
fn check(name: &str) {
    // All tests run behind that program then.
    if is_wrapped() || !has_valgrind() {
        return;
    }
    let program = runtime::command();
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]);
    command.arg(format!("--error-exitcode={FOUND}")).arg("--num-callers=30");
    let ran = finished(
        command.arg(program.get_program()).arg("--allow-ffi").arg(script(name)).arg(fixture()).output().unwrap(),
    );
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "end\n"), "{}", ran.stderr);
}

macro_rules! scripts {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            check(concat!(stringify!($name), ".js"));
        }
    )*};
}

scripts!(values declarations pointers functions callbacks threads nonblocking buffers turns);
