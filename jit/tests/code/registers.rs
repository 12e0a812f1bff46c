//! Promises about the machine code of trampolines and thunks: see docs/calls.md, "From the plan to registers".

use cranelift_codegen::isa;
use cranelift_codegen::settings::{self, Flags};
use hotcall_jit::engine::fast_call::{Exit, FastCallModel, FastCallRole};
use hotcall_jit::{Abi, Explanation, Jit, JitError, Options, Signature, Type};
use hotcall_testing::helpers::REFUSING;
use hotcall_testing::notation;

/// Saving registers costs time, and makes a frame of another form for the unwinder.
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
            let explained =
                Explanation::of(&notation::signature(text), Options::new().capture_errno(capture_errno)).unwrap();
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
        // The disassembler understood all of it, to the return at its end.
        assert!(listed.last().is_some_and(|last| last.contains("ret")), "{text}: {listed:#?}");
        assert_saves_nothing(text, &listed.join("\n"));
    }
}

/// A native function with a context in front, arguments as they come, and an exit behind.
fn typed(text: &str, native: &[Type], result: Option<Type>, exit: Exit, looks: bool) -> (Signature, FastCallModel) {
    let params = [&[Type::POINTER][..], native, &[Type::POINTER]].concat();
    let arguments = std::iter::repeat_n(FastCallRole::Argument, native.len());
    let roles = std::iter::once(FastCallRole::Ignored).chain(arguments).chain([FastCallRole::Exit]);
    let native = Signature::new(params, result).unwrap();
    let abi = Abi::host().unwrap();
    let model = FastCallModel::new(abi, native, roles, exit).caller_looks(looks);
    (notation::signature(text), model)
}

/// Functions that only check and move their arguments, and whose exit is a flag, do not have a frame: they jump to C. So do
/// functions that refuse no argument, if the caller looks for exceptions. All others are compiled.
#[test]
fn typed_functions_are_explained() {
    let flag = Exit::Flag { offset: 0 };
    for (exit, looks) in [(flag, false), (flag, true), (Exit::Raise, false), (Exit::Raise, true)] {
        for (text, native, result, only_moves, refuses) in [
            ("(i32, i32) -> i32", [Type::I64, Type::I64], Some(Type::I32), true, true),
            ("(f64, i8)", [Type::F64, Type::F64], None, true, true),
            ("(f64, u64) -> i8", [Type::F64, Type::U64], Some(Type::I8), true, false),
            ("(i32, i32) -> i32", [Type::I64, Type::I64], Some(Type::I64), false, true),
            ("(f32, u64) -> bool", [Type::F64, Type::U64], Some(Type::BOOL), false, false),
        ] {
            let assembled = only_moves && (exit != Exit::Raise || looks && !refuses);
            let (signature, model) = typed(text, &native, result, exit, looks);
            let explained = Explanation::fast_call(&signature, &model, REFUSING).unwrap();
            // The code that is explained is the code that is used.
            let used = Jit::shared().unwrap().fast_call(&signature, &model, REFUSING).unwrap();
            assert_eq!(explained.code.len(), used.code().len(), "{text}");
            assert_eq!(explained.clif.is_empty(), assembled, "{text}");
            let disassembly = &explained.disassembly;
            assert_eq!(!disassembly.contains("%rbp"), assembled, "{text}: {disassembly}");
            let jumps = |line: &str| line.trim_start().starts_with("jmpq *") && line.contains("%r11");
            assert_eq!(disassembly.lines().any(jumps), assembled, "{text}: {disassembly}");
            assert!(disassembly.lines().count() >= 7, "{text}: {disassembly}");
            let frames = ["%rbx", "%r12", "%r13", "%r14", "%r15"];
            assert!(frames.iter().all(|saved| !disassembly.contains(saved)), "{text}: {disassembly}");
        }
    }
    let (_, model) = typed("(i32)", &[Type::I64], None, Exit::Raise, false);
    let error = Explanation::fast_call(&notation::signature("()"), &model, REFUSING).err().unwrap();
    assert!(matches!(error, JitError::FastCall(_)), "{error}");
}

fn assert_saves_nothing(text: &str, disassembly: &str) {
    for saved in ["%rbx", "%r12", "%r13", "%r14", "%r15"] {
        assert!(!disassembly.contains(saved), "{text}: {saved} in\n{disassembly}");
    }
    // Each has a frame pointer or is a jump, by the names that the test looks for.
    let has_names = ["%rbp", "jmpq *%r"].iter().any(|name| disassembly.contains(name));
    assert!(has_names, "{text}: {disassembly}");
    // Cranelift's epilogue moves rbp to rsp, which is slow and does nothing.
    assert!(!disassembly.contains("movq %rbp, %rsp"), "{text}: {disassembly}");
    assert_eq!(
        disassembly.matches("popq %rbp").count(),
        disassembly.matches("nopl (%rax)").count(),
        "{text}: {disassembly}"
    );
}
