//! C code for the benchmarks, compiled when they run.

use std::ffi::c_void;
use std::io;
use std::path::Path;

use hotcall_testing::compiler::Compiler;
use hotcall_testing::files::Files;
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
    // The object stays mapped.
    let files = Files::new()?;
    let object = files.path().join("functions.so");
    Compiler::c().compile(flags, &source, &object).map_err(io::Error::other)?;
    // SAFETY: the library has no initialisers.
    unsafe { Library::new(object) }.map_err(io::Error::other)
}
