//! C text to shared objects, by the system's compilers.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use libloading::Library;

#[path = "fixture_flags.rs"]
mod fixture_flags;

pub(crate) use fixture_flags::fixture_flags;

/// A C compiler: what it is called in messages, and its program.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    pub(crate) name: &'static str,
    program: String,
}

/// `$CC` (or `cc`), and clang where there is one and `$CC` is another; under `CI` it must be there.
pub(crate) fn compilers() -> &'static [Compiler] {
    static COMPILERS: OnceLock<Vec<Compiler>> = OnceLock::new();
    COMPILERS.get_or_init(|| {
        let mut compilers = vec![Compiler { name: "cc", program: env::var("CC").unwrap_or_else(|_| "cc".into()) }];
        let clang = Compiler { name: "clang", program: "clang".into() };
        if compilers[0].program == clang.program {
            return compilers;
        }
        match Command::new(&clang.program).arg("--version").output() {
            Ok(output) if output.status.success() => compilers.push(clang),
            missing => assert!(env::var_os("CI").is_none(), "clang is missing: {missing:?}"),
        }
        compilers
    })
}

impl Compiler {
    /// Compiles and loads `text`; `name` is what its files are called, different for each use.
    pub(crate) fn load(&self, name: &str, text: &str) -> Library {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let source = directory.join(format!("{name}.{}.c", self.name));
        let object = directory.join(format!("{name}.{}.so", self.name));
        fs::write(&source, text).unwrap();
        let output = Command::new(&self.program)
            // Panics pass through some of the functions.
            .args(["-std=gnu11", "-O1", "-w", "-fexceptions", "-shared", "-fPIC"])
            .args(fixture_flags())
            .arg("-o")
            .args([&object, &source])
            .output()
            .unwrap();
        assert!(output.status.success(), "{self:?}: {}", String::from_utf8_lossy(&output.stderr));
        // SAFETY: the text comes from the tests, and has no constructors.
        unsafe { Library::new(&object) }.unwrap()
    }
}

/// Loads `text` compiled by each compiler, all of them at work at once.
pub(crate) fn load_all(name: &str, text: &str) -> Vec<(&'static Compiler, Library)> {
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            compilers().iter().map(|compiler| (compiler, scope.spawn(|| compiler.load(name, text)))).collect();
        threads.into_iter().map(|(compiler, thread)| (compiler, thread.join().unwrap())).collect()
    })
}
