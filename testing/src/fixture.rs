//! C and C++ fixtures, compiled when a test asks for them. Failures panic.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::{env, thread};

use libloading::Library;

use crate::compiler::{Compiler, CompilerError};

/// Compiles the source with [`Compiler::c`].
pub fn shared_object(source: &str) -> PathBuf {
    shared_object_by(&Compiler::c(), source)
}

/// Compiles the source with this compiler.
pub fn shared_object_by(compiler: &Compiler, source: &str) -> PathBuf {
    shared_object_with(compiler, &[], source)
}

/// Compiles the source with this compiler and more flags.
pub fn shared_object_with(compiler: &Compiler, more: &[&str], source: &str) -> PathBuf {
    made(compiler, &[&["-O1", "-Wall", "-Werror"], more].concat(), source)
}

/// Returns the C compilers: `$CC` (or `cc`), and clang if it is there and `$CC` is another. Under `CI` it must be there.
pub fn compilers() -> &'static [Compiler] {
    static COMPILERS: OnceLock<Vec<Compiler>> = OnceLock::new();
    COMPILERS.get_or_init(|| {
        let own = Compiler::c();
        let clang = (own.command() != "clang").then(|| Compiler::new("clang").if_present()).flatten();
        [own].into_iter().chain(clang).collect()
    })
}

/// Loads generated C text compiled by each of the [`compilers`] at the same time. Panics may pass through its functions.
pub fn load_all(text: &str) -> Vec<(&'static Compiler, Library)> {
    let load = |compiler| load(compiler, &["-std=gnu11", "-O1", "-w", "-fexceptions"], text);
    thread::scope(|scope| {
        let threads: Vec<_> =
            compilers().iter().map(|compiler| (compiler, scope.spawn(move || load(compiler)))).collect();
        threads.into_iter().map(|(compiler, thread)| (compiler, thread.join().unwrap())).collect()
    })
}

/// Loads C++ text, if there is a compiler for it. Under `CI` there must be.
pub fn load_cxx(text: &str) -> Option<Library> {
    Some(load(&Compiler::cxx().if_present()?, &["-O1"], text))
}

/// Returns a header's text after preprocessing, or `None` where it is not installed. Under `CI` it must be.
pub fn preprocessed(header: &str) -> Option<String> {
    match Compiler::c().preprocessed(&[], header) {
        Ok(text) => Some(text),
        Err(error @ CompilerError::Fails { .. }) if env::var_os("CI").is_none() => {
            println!("{header} is not installed, and so not tested: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn load(compiler: &Compiler, flags: &[&str], text: &str) -> Library {
    // SAFETY: the text comes from the tests, and has no constructors.
    unsafe { Library::new(made(compiler, flags, text)) }.unwrap()
}

fn made(compiler: &Compiler, flags: &[&str], text: &str) -> PathBuf {
    compiler.shared_object(flags, text).unwrap_or_else(|error| panic!("{error}"))
}
