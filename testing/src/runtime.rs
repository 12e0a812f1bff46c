//! The examples of runtimes as programs under test.

use std::env;
use std::path::Path;
use std::process::Command;

/// Words that the program is called behind, such as `valgrind --quiet --error-exitcode=99`.
pub const WRAPPER: &str = "HOTCALL_RUNTIME_WRAPPER";

/// The example with QuickJS; see [`example`].
pub fn command() -> Command {
    example("quickjs")
}

/// The program of an example, which cargo builds beside the tests.
///
/// With `HOTCALL_RUNTIME_WRAPPER` set, these words come first.
pub fn example(name: &str) -> Command {
    let test = env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap();
    let program = program.join("examples").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is missing: build it with `cargo build --examples`", program.display());
    let wrapper = env::var(WRAPPER).unwrap_or_default();
    let mut words = wrapper.split_whitespace();
    let Some(first) = words.next() else { return Command::new(program) };
    let mut command = Command::new(first);
    command.args(words).arg(program);
    command
}
