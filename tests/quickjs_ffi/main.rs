//! The example of a runtime, `examples/quickjs`, from the outside: scripts that use Deno's FFI with a library of C fixtures.
//!
//! Most scripts check for themselves (`check.js`) and print `end` when they get there.

mod event_loop;
mod examples;
mod leaks;
mod permissions;
mod random;
mod stack;
mod thread_pool;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use hotcall_testing::fixture;
use hotcall_testing::runtime;

/// The C fixtures.
fn fixture() -> PathBuf {
    fixture::shared_object(include_str!("fixture.c"))
}

/// Tells if the program is called behind another one, such as valgrind.
fn is_wrapped() -> bool {
    env::var_os(runtime::WRAPPER).is_some()
}

/// One of the scripts beside this file.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quickjs_ffi").join(name)
}

/// A script with this text, which may use `check.js`. It is named after the text, so that tests share it.
fn script_of(text: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quickjs_ffi");
    let path = directory.join(format!("{:016x}.js", hasher.finish()));
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let own = path.with_extension(format!("{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    fs::create_dir_all(&directory).unwrap();
    fs::write(&own, format!("import {{ open }} from {:?};\n{text}", script("check.js"))).unwrap();
    fs::rename(own, &path).unwrap();
    path
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn finished(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs a script with all permissions, and the fixtures as its first argument.
fn run(script: &Path) -> Ran {
    run_with(&[], script)
}

/// Runs a script so, with more flags.
fn run_with(flags: &[&str], script: &Path) -> Ran {
    finished(runtime::command().arg("--allow-ffi").args(flags).arg(script).arg(fixture()).output().unwrap())
}

/// Checks that a script gets to its end.
#[track_caller]
fn check(ran: &Ran, stdout: &str) {
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), stdout, ""));
}

macro_rules! scripts {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            check(&run(&script(concat!(stringify!($name), ".js"))), "end\n");
        }
    )*};
}

scripts!(values declarations pointers functions callbacks many patched threads nonblocking buffers turns);

#[test]
fn calls_leave_no_memory_behind() {
    // A program that watches another one takes memory itself.
    if !is_wrapped() {
        check(&run(&script("memory.js")), "end\n");
    }
}
