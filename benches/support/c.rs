//! C code for the benchmarks, compiled when they run.

use std::env;
use std::ffi::c_void;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use libloading::Library;

/// The address of a symbol.
pub(crate) fn address(library: &Library, symbol: &str) -> io::Result<*const c_void> {
    // SAFETY: the symbol is only taken for its address.
    let symbol = unsafe { library.get::<*const c_void>(symbol) };
    Ok(*symbol.map_err(io::Error::other)?)
}

/// Compiles one of the C files beside this one into a shared object, and loads it.
pub(crate) fn compile(name: &str, flags: &[&str]) -> io::Result<Library> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support").join(name).with_extension("c");
    let object = temporary(name, "so");
    run_compiler(flags, &source, &object.0)?;
    // SAFETY: the library has no initialisers.
    unsafe { Library::new(&object.0) }.map_err(io::Error::other)
}

pub(crate) fn run_compiler(flags: &[&str], source: &Path, object: &Path) -> io::Result<()> {
    let compiler = env::var("CC").ok().filter(|cc| !cc.trim().is_empty()).unwrap_or_else(|| "cc".into());
    let mut words = compiler.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("cc"));
    command.args(words).args(["-shared", "-fPIC"]).args(flags).arg("-o").arg(object).arg(source);
    let status = command.status().map_err(|error| {
        io::Error::new(error.kind(), format!("the benchmarks need a C compiler: cannot run `{compiler}` ({error})"))
    })?;
    if !status.success() {
        return Err(io::Error::other(format!("`{compiler}` cannot compile {}: {status}", source.display())));
    }
    Ok(())
}

pub(crate) fn temporary(name: &str, extension: &str) -> Temporary {
    Temporary(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.{extension}", process::id())))
}

/// A file that is removed when it has been used.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // A file that stays behind does no harm.
        fs::remove_file(&self.0).ok();
    }
}
