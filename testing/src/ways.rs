//! The ways in which trampolines and thunks are made, all of which must pass every test.

use hotcall_jit::Jit;

/// Without generated code, and with it in builds that have a generator.
pub fn all(has_generator: bool) -> Vec<(&'static str, Jit)> {
    let mut ways = vec![("universal", Jit::universal().unwrap())];
    if has_generator {
        ways.push(("generated", Jit::new().unwrap()));
    }
    ways
}
