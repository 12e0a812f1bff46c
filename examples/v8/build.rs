//! Compiles the shim and links V8, where V8 was unpacked: at `HOTCALL_V8`, or else in `target/v8` of the workspace. Elsewhere
//! the example is built without it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// V8's headers.
const INCLUDE: &str = "usr/include/nodejs/deps/v8/include";
/// The library with V8 10.2 in it.
const LIBRARY: &str = "libnode.so.108";

fn main() {
    println!("cargo:rustc-check-cfg=cfg(v8)");
    println!("cargo:rerun-if-env-changed=HOTCALL_V8");
    for file in ["build.rs", "shim.h", "shim.cc"] {
        println!("cargo:rerun-if-changed={file}");
    }
    let root = root();
    let include = root.join(INCLUDE);
    // Also where it is not there: it may come.
    println!("cargo:rerun-if-changed={}", include.join("v8.h").display());
    let Some(libraries) = libraries(&root).filter(|_| include.join("v8.h").exists()) else { return };
    println!("cargo:rustc-cfg=v8");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .file("shim.cc")
        .flag("-isystem")
        .flag(&include)
        .flags(["-fno-exceptions", "-fno-rtti"])
        .warnings(true)
        .extra_warnings(true)
        .compile("shim");
    println!("cargo:rustc-link-search=native={}", libraries.display());
    println!("cargo:rustc-link-lib=dylib:+verbatim={LIBRARY}");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
}

/// Where V8 would be.
fn root() -> PathBuf {
    match env::var_os("HOTCALL_V8") {
        Some(root) => root.into(),
        None => {
            let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
            // Not the directory that cargo builds in, which may be another for each user.
            Path::new(&package).join("../../target/v8")
        }
    }
}

/// The directory with the library: Debian has one for each architecture.
fn libraries(root: &Path) -> Option<PathBuf> {
    let directories = fs::read_dir(root.join("usr/lib")).ok()?;
    let mut directories = directories.filter_map(|entry| Some(entry.ok()?.path()));
    let found = directories.find(|directory| directory.join(OsStr::new(LIBRARY)).exists())?;
    fs::canonicalize(found).ok()
}
