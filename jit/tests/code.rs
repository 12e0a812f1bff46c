//! What the code of trampolines looks like, where that is a promise: see DESIGN.md, "Location-driven signatures".

#![cfg(all(feature = "disasm", target_arch = "x86_64", not(windows)))]

use hotcall_jit::{Explanation, Options};

#[path = "support/notation.rs"]
mod notation;

/// Saving registers costs time, and makes a frame that looks unlike the others to the unwinder.
#[test]
fn trampolines_save_no_registers() {
    for text in [
        "()",
        "(i32, i32) -> i32",
        "(8*f64) -> f64",
        "(12*i32) -> i32",
        "(30*i64) -> i64",
        "(struct {8*i64}) -> i64",
        "(i64) -> struct {i64, i64}",
        "(4*struct {i64, f64})",
        "(6*i64, 8*struct {i32, i32, i32})",
        "(text, ..., f64, i32) -> i32",
    ] {
        for capture_errno in [false, true] {
            let explained = Explanation::of(&notation::signature(text), Options { capture_errno }).unwrap();
            for saved in ["%rbx", "%r12", "%r13", "%r14", "%r15"] {
                assert!(!explained.disassembly.contains(saved), "{text}: {saved} in\n{}", explained.disassembly);
            }
        }
    }
}
