//! Trampolines with nothing to do after C are jumps: see docs/calls.md, "Jumps".

use hotcall_jit::{Explanation, Jit, Options};
use hotcall_testing::notation;

/// The mnemonics of a trampoline's instructions.
fn mnemonics(text: &str, capture_errno: bool) -> Vec<String> {
    let options = Options::new().capture_errno(capture_errno);
    let signature = notation::signature(text);
    let explained = Explanation::of(&signature, options).unwrap();
    // The code that is explained is the code that is used.
    let used = Jit::shared().unwrap().slots(&signature, options).unwrap();
    assert_eq!(explained.code, used.code(), "{text}");
    let lines = explained.disassembly.lines().map(|line| line.trim());
    let mnemonic = |line: &str| line.split_whitespace().find(|word| word.chars().all(char::is_alphabetic)).map(String::from);
    println!("{}", explained.disassembly);
    lines.filter_map(mnemonic).collect()
}

#[test]
fn x() {
    println!("{:?}", mnemonics("(i32)", false));
    println!("{:?}", mnemonics("(i32)->i32", false));
    println!("{:?}", mnemonics("(i8, ..., f64)", false));
}
