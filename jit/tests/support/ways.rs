//! The ways in which trampolines and thunks are made, all of which must pass every test.

use hotcall_jit::Jit;

/// With code generated, in builds that have a generator, and without.
pub(crate) fn all() -> Vec<(&'static str, Jit)> {
    let mut ways = vec![("universal", Jit::universal().unwrap())];
    if cfg!(feature = "cranelift") {
        ways.push(("generated", Jit::new().unwrap()));
    }
    ways
}
