//! C fixtures, compiled by the system's compiler when a test asks for them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

#[path = "../../jit/tests/support/fixture_flags.rs"]
mod fixture_flags;

use fixture_flags::fixture_flags;

/// The shared object of this C source.
///
/// It is named after its content: tests, threads and runs that want the same one share it. The compiler is `$CC`, or `cc`.
pub(crate) fn shared_object(source: &str) -> PathBuf {
    shared_object_by(&compiler(), source)
}

/// The C compiler: `$CC`, or `cc`.
pub(crate) fn compiler() -> String {
    env::var("CC").unwrap_or_else(|_| "cc".into())
}

/// The same, made by this compiler.
pub(crate) fn shared_object_by(compiler: &str, source: &str) -> PathBuf {
    shared_object_with(compiler, &[], source)
}

/// The same, with flags of its own.
pub(crate) fn shared_object_with(compiler: &str, more: &[&str], source: &str) -> PathBuf {
    let own = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror"].iter().chain(more).copied().map(str::to_owned);
    let flags: Vec<_> = own.chain(fixture_flags()).collect();
    let mut hasher = DefaultHasher::new();
    (source, compiler, &flags).hash(&mut hasher);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
    let object = directory.join(format!("{:016x}.so", hasher.finish()));
    if object.exists() {
        return object;
    }
    // Whoever else compiles it at this moment makes the same file: each under its own name, and the last one stays.
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let own = format!("{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let (text, made) = (directory.join(format!("{own}.c")), directory.join(format!("{own}.so")));
    fs::create_dir_all(&directory).unwrap();
    fs::write(&text, source).unwrap();
    let output = Command::new(compiler).args(flags).arg("-o").arg(&made).arg(&text).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run the C compiler {compiler}: {error}"));
    assert!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(&text).unwrap();
    fs::rename(&made, &object).unwrap();
    object
}
