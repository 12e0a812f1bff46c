//! Compiles the shim and links V8, if V8 was unpacked. Otherwise the example is built without it.

use std::env;
use std::path::Path;

mod find;

fn main() {
    println!("cargo:rustc-check-cfg=cfg(v8)");
    println!("cargo:rerun-if-env-changed=HOTCALL_V8");
    for file in ["build.rs", "find.rs", "shim.h", "shim.cc"] {
        println!("cargo:rerun-if-changed={file}");
    }
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = find::root(&Path::new(&package).join("../.."));
    let include = find::include(&root);
    // This is also printed if the header is missing, because it may appear.
    println!("cargo:rerun-if-changed={}", include.join("v8.h").display());
    let Some(libraries) = find::libraries(&root) else { return };
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
    println!("cargo:rustc-link-lib=dylib:+verbatim={}", find::LIBRARY);
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
}
