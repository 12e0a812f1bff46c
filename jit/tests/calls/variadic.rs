//! Variadic functions: read by `va_arg`, and the number of vector registers in al.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::Options;
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::ways;

use crate::fixtures;

/// Fixed parameters that leave registers of both kinds, of one, and of none.
const FIXED: [&str; 5] = ["text", "6*i32", "7*i32", "6*i32, 8*f64", "u8, f32, 9*f64, struct {i64, i64}"];

#[test]
fn variadic_scalars_arrive() {
    let lists = [
        "",
        "i32",
        "f64",
        "8*f64",
        "12*f64",
        "i32, f64, i64, u32, u64, pointer, f64, isize, usize, text",
        "7*i64, 9*f64, i32",
    ];
    let signatures = FIXED.iter().flat_map(|fixed| lists.map(|list| format!("({fixed}, ..., {list}) -> i32")));
    fixtures::check(signatures);
}

#[test]
fn variadic_aggregates_arrive() {
    let lists = [
        "struct {i64}",
        "struct {i32, u8[3]}",
        "struct {f64}",
        "struct {f32, f32, f32}",
        "struct {i64, f64}, struct {f64, i64}",
        "struct {i64, i64}, f64, struct {f64, f64}",
        "struct {u8[40]}, i32, struct {u8[300]}, f64",
        "i32, struct {f64, u8} aligned(16), i32, struct {u8[40]} aligned(16)",
        "5*struct {i64, f64}, 9*struct {f64}",
    ];
    let results = ["i32", "struct {f64, i64}", "struct {u8[33]}"];
    let signatures = FIXED.iter().flat_map(|fixed| {
        lists.iter().flat_map(move |list| results.map(|result| format!("({fixed}, ..., {list}) -> {result}")))
    });
    fixtures::check(signatures);
}

/// A callee that returns al, for any arguments.
const AL: &str = r#"
__asm__(".globl al_on_entry\n.type al_on_entry, @function\nal_on_entry:\n    movzbl %al, %eax\n    ret\n");
"#;

#[test]
fn al_counts_the_vector_registers() {
    let cases = [
        ("(i32, ...) -> i32", 0),
        ("(i32, ..., i32) -> i32", 0),
        ("(i32, ..., f64) -> i32", 1),
        ("(f32, i32, ..., f64) -> i32", 2),
        ("(i32, ..., struct {f32, f32, f32}) -> i32", 2),
        ("(i32, ..., struct {i64, f64}) -> i32", 1),
        ("(i32, ..., struct {f64[3]}) -> i32", 0),
        ("(5*i32, ..., f64) -> i32", 1),
        ("(6*i32, ..., f64) -> i32", 1),
        ("(9*i32, ..., f64) -> i32", 1),
        ("(i32, ..., 7*f64) -> i32", 7),
        ("(i32, ..., 8*f64) -> i32", 8),
        ("(i32, ..., 9*f64) -> i32", 8),
        ("(7*i32, ..., 12*f64) -> i32", 8),
        // A value that needs two registers does not take the last one.
        ("(i32, ..., 7*f64, struct {f64, f64}) -> i32", 7),
    ];
    let ways = ways::all(cfg!(feature = "cranelift"));
    for (compiler, library) in &fixture::load_all(AL) {
        // SAFETY: the symbol is a function; any result type that fits eax does.
        let target = unsafe { *library.get::<*const c_void>("al_on_entry").unwrap() };
        for ((way, jit), (text, vectors)) in ways.iter().flat_map(|way| cases.map(|case| (way, case))) {
            let signature = notation::signature(text);
            let bytes = [0u8; 64];
            let slots = vec![bytes.as_ptr() as u64; signature.params().len()];
            let trampoline = jit.slots(&signature, Options::default()).unwrap();
            let mut result = u64::MAX;
            // SAFETY: the callee reads none of its arguments; the aggregates' addresses are valid.
            unsafe { (trampoline.entry())(target, slots.as_ptr(), &mut result, ptr::null_mut()) };
            assert_eq!(result, vectors, "{text}, {way}, compiled by {}", compiler.command());
        }
    }
}
