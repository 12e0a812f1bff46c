//! Trampolines with nothing to do after C are jumps: see docs/calls.md, "Jumps".

use hotcall_jit::{Explanation, Jit, Options};
use hotcall_testing::notation;

/// Signatures without arguments on the stack, and without results in registers.
const JUMPS: [&str; 20] = [
    "()",
    "(i32)",
    "(bool, i8, u8, i16, u16, u32)",
    "(6*i64)",
    "(f32, f64)",
    "(8*f64)",
    "(6*u8, 8*f32)",
    "(text, buffer, pointer)",
    "(text, ..., f64, i32)",
    "(i32, ..., 5*pointer)",
    "(struct {i64, f64})",
    "(struct {f32, f32}, struct {i32})",
    "(3*struct {i64, i64})",
    "(struct {i64, u8[6]})",
    "(struct {})",
    "() -> struct {}",
    "() -> struct {3*i64}",
    "(5*i64, 8*f64) -> struct {8*i64}",
    "(struct {i64, f64}, i32) -> struct {u8[33]}",
    "(text, ..., f64) -> struct {3*f64}",
];

/// Signatures with a result in registers.
const WITH_RESULTS: [&str; 7] = [
    "() -> i32",
    "(i32) -> bool",
    "() -> f32",
    "(f64) -> f64",
    "(6*i64) -> pointer",
    "() -> struct {i64, f64}",
    "(text, ..., f64) -> i32",
];

/// Signatures with arguments on the stack. The address for a result takes a register.
const WITH_STACK: [&str; 6] = [
    "(7*i64)",
    "(9*f64)",
    "(struct {u8[17]})",
    "(6*i64) -> struct {3*i64}",
    "(text, ..., 6*i32)",
    "(5*i64, struct {2*i64})",
];

/// Signatures with a part of an argument that one instruction cannot load.
const WITH_ODD_PARTS: [&str; 4] =
    ["(struct {u8[3]})", "(struct {u8[5]})", "(i32, struct {u8[7]})", "(struct {u8[14]})"];

/// Returns the trampoline's stages.
fn explain(text: &str, capture_errno: bool) -> Explanation {
    Explanation::of(&notation::signature(text), Options::new().capture_errno(capture_errno)).unwrap()
}

/// Returns the mnemonics of a trampoline's instructions.
fn mnemonics(explained: &Explanation) -> Vec<String> {
    // Names of blocks are not indented.
    let instructions = explained.disassembly.lines().filter_map(|line| line.strip_prefix("  "));
    instructions.filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}

fn is_jump(mnemonics: &[String]) -> bool {
    let leaves = |mnemonic: &&String| ["call", "ret", "j"].iter().any(|leaves| mnemonic.starts_with(leaves));
    mnemonics.iter().filter(leaves).eq(["jmpq"]) && mnemonics.last().is_some_and(|last| last == "jmpq")
}

/// Returns true if the code has a frame, one call, and one return at its end.
fn is_call(mnemonics: &[String]) -> bool {
    let count = |wanted: &str| mnemonics.iter().filter(|mnemonic| *mnemonic == wanted).count();
    let ends = mnemonics.last().is_some_and(|last| last == "retq");
    ends && [count("callq"), count("retq"), count("jmpq")] == [1, 1, 0] && mnemonics[0] == "pushq"
}

#[test]
fn trampolines_with_nothing_to_do_after_the_call_are_jumps() {
    let jit = Jit::shared().unwrap();
    for text in JUMPS {
        let explained = explain(text, false);
        let mnemonics = mnemonics(&explained);
        assert!(is_jump(&mnemonics), "{text}: {mnemonics:?}");
        // The code that is explained is the code that is used.
        let used = jit.slots(&notation::signature(text), Options::new()).unwrap();
        assert_eq!(explained.code, used.code(), "{text}");
    }
}

#[test]
fn trampolines_that_store_a_result_are_calls() {
    for text in WITH_RESULTS {
        let mnemonics = mnemonics(&explain(text, false));
        assert!(is_call(&mnemonics), "{text}: {mnemonics:?}");
    }
}

#[test]
fn trampolines_with_arguments_on_the_stack_are_calls() {
    for text in WITH_STACK {
        let mnemonics = mnemonics(&explain(text, false));
        assert!(is_call(&mnemonics), "{text}: {mnemonics:?}");
    }
}

#[test]
fn trampolines_that_compose_parts_are_calls() {
    for text in WITH_ODD_PARTS {
        let mnemonics = mnemonics(&explain(text, false));
        assert!(is_call(&mnemonics), "{text}: {mnemonics:?}");
    }
}

#[test]
fn trampolines_that_capture_errno_are_calls() {
    for text in [JUMPS.as_slice(), &WITH_RESULTS, &WITH_STACK, &WITH_ODD_PARTS].concat() {
        let mnemonics = mnemonics(&explain(text, true));
        assert!(mnemonics.last().is_some_and(|last| last == "retq"), "{text}: {mnemonics:?}");
        assert!(!is_jump(&mnemonics), "{text}: {mnemonics:?}");
        assert!(mnemonics.iter().any(|mnemonic| mnemonic == "callq"), "{text}: {mnemonics:?}");
    }
}
