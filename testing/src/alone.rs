//! Tests in processes of their own.

use std::any::type_name;
use std::env;
use std::process::{self, Command, Output};

const ALONE: &str = "HOTCALL_TEST_ALONE";

/// Runs the calling test once more, in a process of its own. There it runs `body` alone.
///
/// `body` must be a closure of the test function itself, because the type of the closure has the test's name.
pub fn run_alone<F: FnOnce()>(body: F) -> Output {
    run_test_of::<F>(body)
}

/// Runs the test function that has a closure of this type once more, in a process of its own. There it runs `body` alone.
fn run_test_of<Closure>(body: impl FnOnce()) -> Output {
    if env::var_os(ALONE).is_some() {
        println!("{ALONE}");
        body();
        process::exit(0);
    }
    let name = type_name::<Closure>().split_once("::").map_or("", |(_, name)| name).trim_end_matches("::{{closure}}");
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(ALONE, "1").env_remove("RUST_BACKTRACE");
    // In builds whose panics abort, libtest would start another process, which it does not expect to end on its own.
    command.env("__RUST_TEST_INVOKE", name);
    let output = command.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains(ALONE), "{name} is not the name of a test");
    output
}

/// Runs the body in a process without other tests: for tests of counts and limits of the whole process.
#[track_caller]
pub fn alone(body: impl FnOnce()) {
    check(&run_alone(body));
}

/// Runs the body in a process without other tests. `of_test` must be a closure of the test function itself, in place of the body.
#[track_caller]
pub fn alone_with<Closure>(of_test: &Closure, body: impl FnOnce(&Closure)) {
    check(&run_test_of::<Closure>(|| body(of_test)));
}

#[track_caller]
fn check(output: &Output) {
    assert!(output.status.success(), "{}{}", output.status, String::from_utf8_lossy(&output.stderr));
}
