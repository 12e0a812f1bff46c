//! What the code of trampolines and thunks looks like, where that is a promise: see DESIGN.md, "Location-driven signatures".

#![cfg(all(feature = "disasm", target_arch = "x86_64", not(windows)))]

use cranelift_codegen::isa;
use cranelift_codegen::settings::{self, Flags};
use hotcall_jit::{Explanation, Jit, Options};

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
            assert_saves_nothing(text, &explained.disassembly);
        }
    }
}

#[test]
fn thunks_save_no_registers() {
    let isa = isa::lookup(target_lexicon::Triple::host()).unwrap().finish(Flags::new(settings::builder())).unwrap();
    let capstone = isa.to_capstone().unwrap();
    let jit = Jit::new().unwrap();
    for text in [
        "()",
        "(i32, i32) -> i32",
        "(6*i64, 8*f64) -> bool",
        "(30*i64) -> i64",
        "(20*f32, 20*i8) -> f32",
        "(255*u16) -> u8",
        "(struct {8*i64}) -> i64",
        "(i64) -> struct {i64, i64}",
        "(3*struct {i64, f64}, 8*struct {i32, i32, i32}) -> struct {f64, i8}",
        "(4*struct {u8[33]}) -> struct {u8[33]}",
        "(7*i64, struct {u8[400]}, struct {u8[4096]}) -> struct {u8[4096]}",
        "(7*i64, 20*struct {u8[2999]}, i8) -> struct {u8[60000]}",
        "(6*i64, 8*f64, i8, struct {u8[60000]} aligned(16), 9*struct {u8[300]}) -> struct {u8[300]}",
    ] {
        let thunk = jit.thunk(&notation::signature(text)).unwrap();
        let instructions = capstone.disasm_all(thunk.code(), 0).unwrap();
        let listed: Vec<_> = instructions.iter().map(|instruction| instruction.to_string()).collect();
        // All of it was understood, to the return at its end.
        assert!(listed.last().is_some_and(|last| last.contains("ret")), "{text}: {listed:#?}");
        assert_saves_nothing(text, &listed.join("\n"));
    }
}

fn assert_saves_nothing(text: &str, disassembly: &str) {
    for saved in ["%rbx", "%r12", "%r13", "%r14", "%r15"] {
        assert!(!disassembly.contains(saved), "{text}: {saved} in\n{disassembly}");
    }
    // Each has a frame pointer, by the name that the test looks for.
    assert!(disassembly.contains("%rbp"), "{text}: {disassembly}");
}
