//! The example of a runtime on Lua, `examples/lua`, from the outside: its own scripts, and scripts that call C fixtures.
//!
//! The scripts beside this file print each name that they compare, and what differs.

use std::path::Path;
use std::process::Output;

use hotcall_testing::{fixture, runtime};

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn run(script: &str, arguments: &[&Path]) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    runtime::example("lua").arg(script).args(arguments).output().unwrap().into()
}

/// Runs one of the example's scripts, which prints this.
fn example(name: &str, printed: &str) {
    let ran = run(&format!("examples/lua/scripts/{name}.lua"), &[]);
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), printed, ""));
}

/// Runs one of the scripts beside this file, which compares what it names. The second time the collector works all the time.
fn checks(name: &str) {
    let fixture = fixture::shared_object(include_str!("fixture.c"));
    for arguments in [&[&*fixture][..], &[&*fixture, Path::new("collect")]] {
        let ran = run(&format!("tests/lua/{name}.lua"), arguments);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
        assert!(ran.stdout.ends_with("\nend\n"), "{}", ran.stdout);
        let differ: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with("DIFFERS")).collect();
        assert!(differ.is_empty(), "{differ:#?}");
    }
}

#[test]
fn libm() {
    let printed = "2 to the power of 10 is 1024\n\
        2 * 3 + 4 is 10\n\
        2.5 rounded is 3, and -2.5 -3\n\
        48 is 0.75 times 2 to the power of 6\n\
        gamma(-0.5) has the sign -1\n";
    example("libm", printed);
}

#[test]
fn qsort() {
    let printed = "Mercury\t2439.7\n\
        Mars\t3389.5\n\
        Venus\t6051.8\n\
        Earth\t6371.0\n\
        compared:\ttrue\n\
        false\tno order\n\
        -17 = 5 * -3 + -2\n";
    example("qsort", printed);
}

#[test]
fn zlib() {
    let printed = "crc32 of \"123456789\": cbf43926\n\
        35000 bytes became fewer than 300: true\n\
        and back:\ttrue\n\
        with a byte changed:\tincorrect header check\n";
    example("zlib", printed);
}

#[test]
fn values_are_exact_and_errors_name_the_argument() {
    checks("values");
}

#[test]
fn memory_has_members_and_elements() {
    checks("memory");
}

#[test]
fn callbacks_return_values_and_raise_errors_after_c() {
    checks("callbacks");
}

#[test]
fn libraries_close_and_name_missing_symbols() {
    checks("libraries");
}

#[test]
fn errors_of_the_script_end_the_program() {
    let file = hotcall_testing::files::Files::new().unwrap();
    let script = file.path().join("script.lua");
    std::fs::write(&script, "local ffi = require 'ffi'\nffi.open('/nowhere.so')").unwrap();
    let ran: Ran = runtime::example("lua").arg(&script).output().unwrap().into();
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
    assert!(ran.stderr.starts_with("lua: ") && ran.stderr.contains("script.lua:2: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("/nowhere.so") && ran.stderr.contains("stack traceback:"), "{}", ran.stderr);
    let ran: Ran = runtime::example("lua").output().unwrap().into();
    assert_eq!((ran.code, &*ran.stderr), (Some(2), "usage: lua script.lua argument…\n"));
}
