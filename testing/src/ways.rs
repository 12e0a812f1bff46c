//! The ways of making trampolines and thunks. Each must pass every test.

use hotcall_jit::Jit;

/// Returns the way without generated code, and in builds that have a generator the way with it.
pub fn all(has_generator: bool) -> Vec<(&'static str, Jit)> {
    let mut ways = vec![("universal", Jit::universal().unwrap())];
    if has_generator {
        ways.push(("generated", Jit::new().unwrap()));
    }
    ways
}
